package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntPredicate;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What commands do depends on their order alone: not on where batches end, nor on how the commands arrived. */
class StateMachineDeterminismTest {
    private static final int COMMANDS = 1_500;

    /** All that commands lead to, in comparable form. */
    private record Outcome(List<MvccModel.Answer> answers, List<String> disk, List<String> events, String snapshot) {}

    private static List<Command> commands(long seed) {
        RandomCommands random = new RandomCommands(new SplittableRandom(seed));
        List<Command> commands = new ArrayList<>();
        MvccModel model = new MvccModel();
        for (int i = 0; i < COMMANDS; i++) {
            Command command = random.next(model.revision());
            model.apply(command);
            commands.add(command);
        }
        // the last command writes, so that every way of cutting ends with the same stored applied index
        commands.add(new Command.Compact(Requests.compaction(model.revision())));
        return commands;
    }

    private static Outcome run(List<Command> commands, IntPredicate cutAfter) {
        MemoryDisk disk = new MemoryDisk();
        StateMachine machine = disk.stateMachine();
        List<MvccModel.Answer> answers = new ArrayList<>();
        for (int i = 0; i < commands.size(); i++) {
            answers.add(apply(machine, commands.get(i)));
            if (cutAfter.test(i)) {
                disk.write(machine.cut());
            }
        }
        StateMachine.Cut last = machine.cut();
        disk.write(last);
        return new Outcome(answers, contents(disk), events(disk), describe(last.snapshot()));
    }

    private static MvccModel.Answer apply(StateMachine machine, Command command) {
        try {
            return Answers.of(machine.apply(command), null);
        } catch (EtcdException refused) {
            return Answers.of(null, refused);
        }
    }

    private static List<String> contents(MemoryDisk disk) {
        List<String> lines = new ArrayList<>();
        for (Storage.Family family : Storage.Family.values()) {
            disk.family(family).forEach((key, value) -> lines.add(family + " " + hex(key) + " " + hex(value)));
        }
        return lines;
    }

    private static List<String> events(MemoryDisk disk) {
        List<String> lines = new ArrayList<>();
        long covered = 1;
        for (EventBatch batch : disk.events) {
            assertThat(batch.firstRevision()).isEqualTo(covered + 1);
            covered = batch.lastRevision();
            for (Event event : batch.events()) {
                assertThat(event.revision()).isBetween(batch.firstRevision(), batch.lastRevision());
                lines.add(event.revision() + "." + event.sub() + (event.delete() ? " delete " : " put ")
                        + hex(event.kv()) + " " + (event.previous() == null ? "-" : hex(event.previous())));
            }
        }
        return lines;
    }

    private static String describe(Snapshot snapshot) {
        StringBuilder text = new StringBuilder()
                .append(snapshot.revision())
                .append(' ')
                .append(snapshot.compactedRevision())
                .append(' ')
                .append(snapshot.appliedIndex())
                .append(' ')
                .append(snapshot.residentBytes())
                .append(' ')
                .append(snapshot.alarms());
        snapshot.keys().records().forEach(record -> text.append('\n').append(hex(record)));
        snapshot.leases().forEach(lease -> {
            text.append('\n').append(lease.id()).append(' ').append(lease.ttl());
            lease.keys().forEach(key -> text.append(' ').append(hex(key)));
        });
        return text.toString();
    }

    private static String hex(byte[] bytes) {
        // long values are told apart by their hash
        return bytes.length > 200
                ? bytes.length + "#" + ByteString.copyFrom(bytes).hashCode()
                : java.util.HexFormat.of().formatHex(bytes);
    }

    @ParameterizedTest
    @ValueSource(longs = {101, 102, 103, 104})
    void whereBatchesEndMakesNoDifference(long seed) {
        List<Command> commands = commands(seed);
        Outcome oneByOne = run(commands, i -> true);
        assertThat(run(commands, i -> false)).isEqualTo(oneByOne);
        SplittableRandom cuts = new SplittableRandom(seed);
        assertThat(run(commands, i -> cuts.nextInt(5) == 0)).isEqualTo(oneByOne);
        assertThat(run(commands, i -> cuts.nextInt(50) == 0)).isEqualTo(oneByOne);
    }

    @ParameterizedTest
    @ValueSource(longs = {201, 202})
    void commandsThatWereSentAsBytesDoTheSame(long seed) throws InvalidProtocolBufferException {
        List<Command> commands = commands(seed);
        List<Command> sent = new ArrayList<>();
        for (Command command : commands) {
            sent.add(Command.decode(command.encode()));
        }
        assertThat(run(sent, i -> i % 7 == 0)).isEqualTo(run(commands, i -> i % 7 == 0));
    }

    @ParameterizedTest
    @ValueSource(longs = {301, 302, 303, 304})
    void everyCommandIsAnsweredAsTheModelAnswersIt(long seed) {
        List<Command> commands = commands(seed);
        MvccModel model = new MvccModel();
        Outcome outcome = run(commands, i -> i % 11 == 0);
        for (int i = 0; i < commands.size(); i++) {
            assertThat(outcome.answers.get(i))
                    .as("command %d: %s", i, commands.get(i))
                    .isEqualTo(model.apply(commands.get(i)));
        }
    }
}
