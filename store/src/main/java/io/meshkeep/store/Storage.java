package io.meshkeep.store;

import io.meshkeep.setcore.ChunkedSortedSet;
import io.meshkeep.store.StateMachine.Write;
import io.meshkeep.store.mesh.MeshIndex;
import io.meshkeep.store.mesh.MeshUpdate;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.Executor;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.Cache;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.LiveFileMetaData;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Snapshot;
import org.rocksdb.WALRecoveryMode;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The disk: RocksDB with one column family per kind of data, and the {@link Watermark} beside it. Everything that goes
 * in goes in as an atomic batch; a {@link StoreException} from a write means that nothing later may be written.
 */
final class Storage implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Storage.class);

    /** See {@link StoredMeta#FORMAT}. */
    static final int FORMAT_VERSION = 1;

    private static final long MEGABYTE = 1 << 20;

    /** Batches up to this size are handed to RocksDB as one array; one of a million deletions is not for the heap. */
    private static final long MAX_ENCODED = 4 * MEGABYTE;

    /**
     * What a column family may have in memory before all are flushed; memory is taken as it is filled. The same for all,
     * so that in the main the largest decides, and log files get the same size each time.
     */
    private static final long BUFFER_MEGABYTES = 16;

    /** Of the history, about what one thread reads at a time at the start: some ten milliseconds' work. */
    private static final long PART_BYTES = 8 * MEGABYTE;

    /** The column families; docs/architecture.md describes their contents. */
    enum Family {
        HISTORY,
        EVENTS,
        LEASES,
        AUTH,
        META;

        private byte[] id() {
            return name().toLowerCase(java.util.Locale.ROOT).getBytes(StandardCharsets.US_ASCII);
        }
    }

    /** Who the data set is; every response carries it. */
    record Identity(long clusterId, long memberId, long term) {}

    private final Path directory;
    private final RocksDB db;
    private final Map<Family, ColumnFamilyHandle> families;
    private final int[] familyIds;
    private final List<AutoCloseable> resources;
    private final WriteOptions commitOptions;
    private final WriteOptions appendOptions;
    private final WriteOptions backgroundOptions;
    private final Watermark watermark;
    private final boolean sync;
    private final boolean meshIndex;
    private Identity identity;

    private Storage(
            Path directory,
            RocksDB db,
            Map<Family, ColumnFamilyHandle> families,
            List<AutoCloseable> resources,
            Watermark watermark,
            StoreOptions options) {
        this.directory = directory;
        this.db = db;
        this.families = families;
        this.familyIds =
                families.values().stream().mapToInt(ColumnFamilyHandle::getID).toArray();
        this.resources = resources;
        this.watermark = watermark;
        this.sync = !options.unsafeNoSync();
        this.meshIndex = options.meshIndex();
        this.commitOptions = own(new WriteOptions().setSync(sync));
        this.appendOptions = own(new WriteOptions().setSync(false));
        this.backgroundOptions = own(new WriteOptions().setSync(false).setLowPri(true));
    }

    private <T extends AutoCloseable> T own(T resource) {
        resources.add(resource);
        return resource;
    }

    // ---- opening

    static Storage open(Path dataDir, StoreOptions options) {
        Path directory = dataDir.resolve("store");
        refuseEtcdData(dataDir, directory);
        createDirectory(dataDir);
        createDirectory(directory);
        RocksLibrary.load(dataDir);
        List<AutoCloseable> resources = new ArrayList<>();
        try {
            Cache cache = new LRUCache(options.blockCacheBytes());
            resources.add(cache);
            List<ColumnFamilyDescriptor> descriptors = new ArrayList<>();
            descriptors.add(
                    new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, familyOptions(cache, 1, resources)));
            for (Family family : Family.values()) {
                descriptors.add(
                        new ColumnFamilyDescriptor(family.id(), familyOptions(cache, BUFFER_MEGABYTES, resources)));
            }
            refuseUnknownFamilies(directory, descriptors);
            DBOptions dbOptions = dbOptions();
            resources.add(dbOptions);
            Watermark watermark = Watermark.open(dataDir.resolve("watermark"));
            resources.add(watermark);
            sync(dataDir);
            List<ColumnFamilyHandle> handles = new ArrayList<>();
            RocksDB db = RocksDB.open(dbOptions, directory.toString(), descriptors, handles);
            Map<Family, ColumnFamilyHandle> families = new EnumMap<>(Family.class);
            for (Family family : Family.values()) {
                families.put(family, handles.get(1 + family.ordinal()));
            }
            Storage storage = new Storage(dataDir, db, families, resources, watermark, options);
            try {
                storage.prepare(options);
                return storage;
            } catch (RuntimeException e) {
                storage.close();
                throw e;
            }
        } catch (RocksDBException e) {
            closeAll(resources);
            throw openFailure(dataDir, e);
        } catch (IOException e) {
            closeAll(resources);
            throw new StoreException("cannot open the data directory " + dataDir + ": " + e, e);
        }
    }

    /** Beside etcd's files an empty store would look as if all of its data were lost. */
    private static void refuseEtcdData(Path dataDir, Path store) {
        if (Files.isDirectory(dataDir.resolve("member")) && Files.notExists(store)) {
            throw new StoreException(
                    "the data directory " + dataDir + " holds the data of an etcd (member), which"
                            + " this server cannot read: name another directory, and copy the keys with \"etcdctl make-mirror\"");
        }
    }

    static void createDirectory(Path directory) {
        try {
            if (Files.isDirectory(directory)) {
                if (!Files.isWritable(directory)) {
                    throw new StoreException("the data directory " + directory + " is not writable");
                }
                return;
            }
            List<Path> parents = new ArrayList<>();
            for (Path made = directory.toAbsolutePath(); Files.notExists(made); made = made.getParent()) {
                parents.add(made.getParent());
            }
            if (directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.createDirectories(
                        directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            } else {
                Files.createDirectories(directory);
            }
            for (Path parent : parents) {
                sync(parent);
            }
        } catch (IOException e) {
            throw new StoreException("cannot create the data directory " + directory + ": " + e, e);
        }
    }

    /** Makes the names in a directory durable: the sync of a file says nothing of the name under which it is found. */
    private static void sync(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (AccessDeniedException e) {
            // may be written but not read, or a system that does not open directories
            log.debug("cannot sync {}", directory, e);
        }
    }

    private static StoreException openFailure(Path dataDir, RocksDBException e) {
        String message = String.valueOf(e.getMessage());
        // what RocksDB says when another process, or another store in this one, has the lock file
        if (message.contains("While lock file") || message.contains("lock hold by")) {
            return new StoreException("the data directory " + dataDir + " is locked by another process", e);
        }
        return new StoreException("cannot open the store in " + dataDir + ": " + message, e);
    }

    private static void refuseUnknownFamilies(Path directory, List<ColumnFamilyDescriptor> known)
            throws RocksDBException {
        if (Files.notExists(directory.resolve("CURRENT"))) {
            return;
        }
        Set<String> names = new java.util.HashSet<>();
        known.forEach(descriptor -> names.add(new String(descriptor.getName(), StandardCharsets.US_ASCII)));
        try (Options options = new Options()) {
            for (byte[] name : RocksDB.listColumnFamilies(options, directory.toString())) {
                String found = new String(name, StandardCharsets.US_ASCII);
                if (!names.contains(found)) {
                    throw new StoreException("the data in " + directory + " has a newer format (it holds \"" + found
                            + "\", which this version does not know); use the version that wrote it");
                }
            }
        }
    }

    static DBOptions dbOptions() {
        // What the Java API has no setter for, RocksDB takes as text.
        Properties text = new Properties();
        text.setProperty("track_and_verify_wals", "true");
        return DBOptions.getDBOptionsFromProps(text)
                .setCreateIfMissing(true)
                .setCreateMissingColumnFamilies(true)
                // Recycled log files spare the sync their metadata. RocksDB allows it in this mode only, in which
                // a torn tail is dropped; whether more than that is missing is what the watermark tells.
                .setRecycleLogFileNum(4)
                // All families at once: a log file is done with as soon as the next is full, so that two are used in
                // turn.
                // One after the other, they would end log files at any size and keep them for the slowest.
                .setAtomicFlush(true)
                .setWalRecoveryMode(WALRecoveryMode.PointInTimeRecovery)
                .setMaxTotalWalSize(64 * MEGABYTE)
                .setDbWriteBufferSize(32 * MEGABYTE)
                .setMaxBackgroundJobs(2)
                .setBytesPerSync(MEGABYTE)
                .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
                .setKeepLogFileNum(3)
                .setMaxLogFileSize(4 * MEGABYTE)
                .setStatsDumpPeriodSec(0)
                .setStatsPersistPeriodSec(0);
    }

    private static ColumnFamilyOptions familyOptions(Cache cache, long megabytes, List<AutoCloseable> resources) {
        ColumnFamilyOptions options = new ColumnFamilyOptions()
                .setWriteBufferSize(megabytes * MEGABYTE)
                .setMaxWriteBufferNumber(3)
                // A block counts as used once it is there, against the quota too; by default it has up to a megabyte.
                .setArenaBlockSize(64 << 10)
                .setCompressionType(CompressionType.LZ4_COMPRESSION)
                .setLevelCompactionDynamicLevelBytes(true)
                .setTargetFileSizeBase(16 * MEGABYTE)
                .setMaxBytesForLevelBase(64 * MEGABYTE)
                .setTableFormatConfig(new BlockBasedTableConfig()
                        .setBlockCache(cache)
                        .setBlockSize(16 << 10)
                        .setCacheIndexAndFilterBlocks(true)
                        .setPinL0FilterAndIndexBlocksInCache(true));
        resources.add(options);
        return options;
    }

    private void prepare(StoreOptions options) {
        byte[] format = get(Family.META, StoredMeta.FORMAT);
        long term;
        if (format == null) {
            SecureRandom random = new SecureRandom();
            identity = new Identity(positive(random), positive(random), 2);
            term = 2;
            List<Write> writes = new ArrayList<>();
            writes.add(meta(
                    StoredMeta.FORMAT,
                    ByteBuffer.allocate(4).putInt(FORMAT_VERSION).array()));
            writes.add(meta(StoredMeta.IDENTITY, StoredMeta.longs(identity.clusterId, identity.memberId)));
            writes.add(meta(StoredMeta.TERM, StoredMeta.longs(term)));
            if (options.initialRevision() > 1) {
                writes.add(meta(StoredMeta.INITIAL_REVISION, StoredMeta.longs(options.initialRevision())));
            }
            // An empty store may also be what is left of one whose log is damaged from the first record on.
            requireAcknowledged(0);
            commit(writes);
            return;
        }
        int version = ByteBuffer.wrap(format).getInt();
        if (version > FORMAT_VERSION) {
            throw new StoreException("the data in " + directory + " has the newer format " + version
                    + "; this version reads up to " + FORMAT_VERSION + ": use the version that wrote it");
        }
        ByteBuffer ids = ByteBuffer.wrap(get(Family.META, StoredMeta.IDENTITY));
        term = ByteBuffer.wrap(get(Family.META, StoredMeta.TERM)).getLong() + 1;
        identity = new Identity(ids.getLong(), ids.getLong(), term);
        commit(List.of(meta(StoredMeta.TERM, StoredMeta.longs(term))));
    }

    private void requireAcknowledged(long appliedIndex) {
        long acknowledged = watermark.read();
        if (acknowledged > appliedIndex) {
            throw new StoreException("acknowledged writes are missing from " + directory + ": the log ends at entry "
                    + appliedIndex + ", but entry " + acknowledged
                    + " was acknowledged (a damaged or truncated log?). Restore a backup, or delete the file "
                    + directory.resolve("watermark") + " to go on without them");
        }
    }

    private static Write meta(byte[] name, byte[] value) {
        return new Write(Family.META, name, value);
    }

    private static long positive(SecureRandom random) {
        long id;
        do {
            id = random.nextLong() & Long.MAX_VALUE;
        } while (id == 0);
        return id;
    }

    Identity identity() {
        return identity;
    }

    // ---- recovery

    /**
     * Reads back the state that the last commit left: one pass over the newest record of every key.
     *
     * @param background for {@link MeshState#of}
     */
    io.meshkeep.store.Snapshot recover(Executor background) {
        byte[] stored = get(Family.META, StoredMeta.STATE);
        long initial = initialRevision();
        // A store that began above revision 1 has "compacted" what lies below: older watches must list again.
        StoredMeta.State state = stored == null
                ? new StoredMeta.State(0, initial, initial > 1 ? initial : -1)
                : StoredMeta.decodeState(stored);
        requireAcknowledged(state.appliedIndex());
        if (!sync) {
            watermark.clear();
        }
        Recovered found = new Recovered(meshIndex);
        new HistoryScan(options -> iterator(Family.HISTORY, options), meshIndex)
                .read(historyParts(), Runtime.getRuntime().availableProcessors(), found::take);
        ChunkedSortedSet<LeaseEntry> leases = recoverLeases(found.attached);
        long residentBytes = found.residentBytes + (long) leases.size() * LeaseEntry.OWN_SIZE;
        return new io.meshkeep.store.Snapshot(
                state.revision(),
                state.compacted(),
                state.appliedIndex(),
                new KeySet(found.keys.build()),
                leases,
                recoverAlarms(),
                residentBytes,
                found.mesh == null ? null : MeshState.of(found.mesh.finish(), background),
                recoverAuth());
    }

    /** Puts together what was read of the history. */
    private static final class Recovered {
        private final ChunkedSortedSet.Builder<byte[]> keys = ChunkedSortedSet.builder(KeyValueRecord::compareKeys);
        private final Map<Long, ChunkedSortedSet.Builder<byte[]>> attached = new HashMap<>();
        private final MeshUpdate mesh;
        private long residentBytes;

        Recovered(boolean withMesh) {
            mesh = withMesh ? MeshIndex.EMPTY.update() : null;
        }

        void take(HistoryScan.Part part) {
            part.records().forEach(keys::add);
            residentBytes += part.residentBytes();
            part.mesh()
                    .forEach(record -> mesh.put(
                            KeyValueRecord.key(record),
                            KeyValueRecord.value(record),
                            KeyValueRecord.modRevision(record)));
            part.attached().forEach((lease, leased) -> {
                ChunkedSortedSet.Builder<byte[]> all =
                        attached.computeIfAbsent(lease, id -> ChunkedSortedSet.builder(LeaseEntry.NO_KEYS.order()));
                leased.forEach(all::add);
            });
        }
    }

    /** Where to cut the history into parts of about the size of a file, ascending; none if it is small. */
    List<byte[]> historyParts() {
        String history = new String(Family.HISTORY.id(), StandardCharsets.US_ASCII);
        List<LiveFileMetaData> files = new ArrayList<>(db.getLiveFilesMetaData());
        files.removeIf(file -> !new String(file.columnFamilyName(), StandardCharsets.US_ASCII).equals(history));
        files.sort((a, b) -> Arrays.compareUnsigned(a.smallestKey(), b.smallestKey()));
        List<byte[]> bounds = new ArrayList<>();
        long size = 0;
        for (LiveFileMetaData file : files) {
            byte[] bound = HistoryKey.keyPart(file.smallestKey());
            // files of several levels lie over one another, and the versions of a key may fill several
            if (size >= PART_BYTES
                    && (bounds.isEmpty() || Arrays.compareUnsigned(bounds.get(bounds.size() - 1), bound) < 0)) {
                bounds.add(bound);
                size = 0;
            }
            size += file.size();
        }
        return bounds;
    }

    private AuthState recoverAuth() {
        StoredAuth stored = new StoredAuth();
        try (RocksIterator it = db.newIterator(families.get(Family.AUTH))) {
            for (it.seekToFirst(); it.isValid(); it.next()) {
                stored.add(it.key(), it.value());
            }
            check(it);
        }
        return stored.build();
    }

    private Set<Alarm> recoverAlarms() {
        byte[] stored = get(Family.META, StoredMeta.ALARMS);
        return stored == null ? Set.of() : StoredMeta.decodeAlarms(stored);
    }

    private ChunkedSortedSet<LeaseEntry> recoverLeases(Map<Long, ChunkedSortedSet.Builder<byte[]>> attached) {
        ChunkedSortedSet.Builder<LeaseEntry> leases = ChunkedSortedSet.builder(io.meshkeep.store.Snapshot.LEASE_ORDER);
        try (RocksIterator it = db.newIterator(families.get(Family.LEASES))) {
            for (it.seekToFirst(); it.isValid(); it.next()) {
                StoredLease lease = StoredLease.decode(it.key(), it.value());
                ChunkedSortedSet.Builder<byte[]> keys = attached.get(lease.id());
                leases.add(new LeaseEntry(
                        lease.id(), lease.ttl(), lease.granted(), keys == null ? LeaseEntry.NO_KEYS : keys.build()));
            }
            check(it);
        }
        return leases.build();
    }

    long initialRevision() {
        byte[] stored = get(Family.META, StoredMeta.INITIAL_REVISION);
        return stored == null ? 1 : ByteBuffer.wrap(stored).getLong();
    }

    /** Moves a history iterator from an entry to the first one of the next key. */
    static void toNextKey(RocksIterator it, byte[] entry) {
        // Most keys have few versions, which stepping passes faster than a seek does.
        for (int i = 0; i < 8; i++) {
            it.next();
            if (!it.isValid() || !HistoryKey.sameKey(it.key(), entry)) {
                return;
            }
        }
        it.seek(HistoryKey.afterKeyOf(entry));
    }

    // ---- writing

    /** Writes a batch and, unless syncs are off, syncs the log. When it returns, the batch may be acknowledged. */
    void commit(List<Write> writes) {
        write(writes, commitOptions);
    }

    /** Writes a batch that is durable only after the next {@link #sync}. */
    void append(List<Write> writes) {
        write(writes, appendOptions);
    }

    /** Makes durable what was appended before, unless syncs are off. Other threads may append meanwhile. */
    void sync() {
        if (!sync) {
            return;
        }
        try {
            db.syncWal();
        } catch (RocksDBException e) {
            throw new StoreException("cannot sync the store in " + directory + ": " + e.getMessage(), e);
        }
    }

    /** Notes that everything up to the applied index is durable and about to be acknowledged. */
    void acknowledge(long appliedIndex) {
        if (sync) {
            watermark.write(appliedIndex);
        }
    }

    /** Writes a batch that may be lost, because it would be made again. */
    void writeInBackground(List<Write> writes) {
        write(writes, backgroundOptions);
    }

    private void write(List<Write> writes, WriteOptions options) {
        try (WriteBatch batch = batch(writes)) {
            db.write(options, batch);
        } catch (RocksDBException e) {
            throw new StoreException("cannot write to the store in " + directory + ": " + e.getMessage(), e);
        }
    }

    private WriteBatch batch(List<Write> writes) throws RocksDBException {
        long size = BatchEncoding.size(writes, familyIds);
        if (size <= MAX_ENCODED) {
            return new WriteBatch(BatchEncoding.encode(writes, familyIds, (int) size));
        }
        WriteBatch batch = new WriteBatch();
        for (Write write : writes) {
            ColumnFamilyHandle family = families.get(write.family());
            if (write.value() == null) {
                batch.delete(family, write.key());
            } else {
                batch.put(family, write.key(), write.value());
            }
        }
        return batch;
    }

    /** Deletes the events below a revision, and notes that its compaction is done. */
    void finishCompaction(long revision) {
        try (WriteBatch batch = new WriteBatch()) {
            batch.deleteRange(families.get(Family.EVENTS), HistoryKey.event(0, 0), HistoryKey.event(revision, 0));
            batch.put(families.get(Family.META), StoredMeta.COMPACTION_DONE, StoredMeta.longs(revision));
            db.write(backgroundOptions, batch);
        } catch (RocksDBException e) {
            throw new StoreException("cannot write to the store in " + directory + ": " + e.getMessage(), e);
        }
    }

    /** Gives space back to the file system: rewrites the files without what was deleted. Takes long; call it rarely. */
    void defragment() {
        try (FlushOptions flush = new FlushOptions().setWaitForFlush(true)) {
            db.flush(flush, new ArrayList<>(families.values()));
            for (ColumnFamilyHandle family : families.values()) {
                db.compactRange(family);
            }
        } catch (RocksDBException e) {
            throw new StoreException("cannot compact the files in " + directory + ": " + e.getMessage(), e);
        }
    }

    // ---- reading

    byte[] get(Family family, byte[] key) {
        try {
            return db.get(families.get(family), key);
        } catch (RocksDBException e) {
            throw new StoreException("cannot read from the store in " + directory + ": " + e.getMessage(), e);
        }
    }

    RocksIterator iterator(Family family, ReadOptions options) {
        return db.newIterator(families.get(family), options);
    }

    /** A consistent view of the disk; close it with {@link #release}. */
    Snapshot pin() {
        return db.getSnapshot();
    }

    void release(Snapshot pinned) {
        db.releaseSnapshot(pinned);
        pinned.close();
    }

    /** The stored record of a key at a main revision (the newest one, if it was put twice); null if it is not there. */
    byte[] record(byte[] key, long main) {
        try (RecordReader records = new RecordReader(this)) {
            return records.find(key, main);
        }
    }

    static void check(RocksIterator it) {
        try {
            it.status();
        } catch (RocksDBException e) {
            throw new StoreException("cannot read from the store: " + e.getMessage(), e);
        }
    }

    /** Bytes of the files and of what is not yet in files, the log excluded. */
    long size() {
        return property("rocksdb.total-sst-files-size") + property("rocksdb.cur-size-all-mem-tables");
    }

    /** Bytes of it that are live, nearly. */
    long sizeInUse() {
        return Math.min(
                size(), property("rocksdb.estimate-live-data-size") + property("rocksdb.cur-size-all-mem-tables"));
    }

    private long property(String name) {
        try {
            return db.getAggregatedLongProperty(name);
        } catch (RocksDBException e) {
            throw new StoreException("cannot read " + name + ": " + e.getMessage(), e);
        }
    }

    /** Bytes that the file system has left for us. */
    long usableSpace() {
        try {
            return Files.getFileStore(directory).getUsableSpace();
        } catch (IOException e) {
            throw new StoreException("cannot read the free space of " + directory + ": " + e, e);
        }
    }

    @Override
    public void close() {
        families.values().forEach(ColumnFamilyHandle::close);
        db.close();
        closeAll(resources);
    }

    private static void closeAll(List<AutoCloseable> resources) {
        for (int i = resources.size() - 1; i >= 0; i--) {
            try {
                resources.get(i).close();
            } catch (Exception e) {
                throw new StoreException("cannot release a native resource: " + e, e);
            }
        }
    }
}
