package io.meshkeep.clustermesh.sync;

import com.google.protobuf.ByteString;
import io.meshkeep.clustermesh.kvstore.SyncStore;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.Map;

/** The addresses of pods, from endpoints or from slices of them, of which Cilium writes the one or the other. */
final class EndpointSync {
    private final SyncStore store;
    private final IpOwners owners;

    EndpointSync(SyncStore store) {
        this.store = store;
        this.owners = new IpOwners(new IpOwners.Changes() {
            @Override
            public void upsert(String ip, ByteString value) {
                store.upsert(ip, value);
            }

            @Override
            public void delete(String ip) {
                store.delete(ip);
            }
        });
    }

    ObjectSync<CiliumEndpoint> endpoints() {
        return new ObjectSync<>() {
            @Override
            public void put(String key, CiliumEndpoint endpoint) {
                Map<String, ByteString> values = new LinkedHashMap<>();
                var status = endpoint.status;
                if (status != null) {
                    add(
                            values,
                            status.networking(),
                            status.identity() == null ? 0 : status.identity().id(),
                            status.encryption(),
                            endpoint.namespace(),
                            endpoint.name());
                }
                owners.claim(key, seconds(endpoint.creationTimestamp()), values);
            }

            @Override
            public void delete(String key) {
                owners.release(key);
            }

            @Override
            public void listed() {
                store.synced();
            }
        };
    }

    ObjectSync<CiliumEndpointSlice> slices() {
        return new ObjectSync<>() {
            @Override
            public void put(String name, CiliumEndpointSlice slice) {
                Map<String, ByteString> values = new LinkedHashMap<>();
                if (slice.endpoints != null) {
                    for (CiliumEndpointSlice.Endpoint endpoint : slice.endpoints) {
                        add(
                                values,
                                endpoint.networking(),
                                endpoint.id(),
                                endpoint.encryption(),
                                slice.namespace,
                                endpoint.name());
                    }
                }
                owners.claim(name, 0, values);
            }

            @Override
            public void delete(String name) {
                owners.release(name);
            }

            @Override
            public void listed() {
                store.synced();
            }
        };
    }

    private static long seconds(String time) {
        try {
            return time == null ? 0 : Instant.parse(time).getEpochSecond();
        } catch (DateTimeParseException e) {
            // as if it were not known; no API server writes such a time
            return 0;
        }
    }

    private static void add(
            Map<String, ByteString> values,
            CiliumEndpoint.Networking networking,
            long identity,
            CiliumNode.Encryption encryption,
            String namespace,
            String pod) {
        if (networking == null || networking.addressing() == null) {
            return;
        }
        long key = encryption == null ? 0 : encryption.key();
        for (CiliumNode.AddressPair pair : networking.addressing()) {
            for (String address : new String[] {pair.ipv4(), pair.ipv6()}) {
                String ip = Ip.canonical(address);
                if (ip != null) {
                    values.put(ip, Values.endpoint(ip, networking.node(), identity, key, namespace, pod));
                }
            }
        }
    }
}
