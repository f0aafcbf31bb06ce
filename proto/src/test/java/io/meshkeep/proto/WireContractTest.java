package io.meshkeep.proto;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.DebugFormat;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServiceDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds the generated code to the wire contract that etcd's clients rely on, written down in wire-contract.txt. */
class WireContractTest {
    private static final List<FileDescriptor> FILES = List.of(
            EtcdServerProto.getDescriptor(),
            KvProto.getDescriptor(),
            AuthProto.getDescriptor(),
            LockProto.getDescriptor(),
            ElectionProto.getDescriptor());

    @Test
    void messagesHaveTheContractsFields() throws IOException {
        assertThat(messages().map(WireContractTest::describe))
                .containsExactlyInAnyOrderElementsOf(contractLines("msg"));
    }

    @Test
    void enumsHaveTheContractsValues() throws IOException {
        Stream<EnumDescriptor> enums = Stream.concat(
                FILES.stream().flatMap(file -> file.getEnumTypes().stream()),
                messages().flatMap(message -> message.getEnumTypes().stream()));
        assertThat(enums.map(WireContractTest::describe)).containsExactlyInAnyOrderElementsOf(contractLines("enum"));
    }

    @Test
    void servicesHaveTheContractsMethods() throws IOException {
        Stream<MethodDescriptor> methods = FILES.stream()
                .flatMap(file -> file.getServices().stream())
                .flatMap(service -> service.getMethods().stream());
        assertThat(methods.map(WireContractTest::describe)).containsExactlyInAnyOrderElementsOf(contractLines("rpc"));
    }

    @Test
    void stubsCallTheContractsPathsWithTheContractsStreamingKinds() throws IOException {
        Stream<ServiceDescriptor> stubs = Stream.of(
                KVGrpc.getServiceDescriptor(),
                WatchGrpc.getServiceDescriptor(),
                LeaseGrpc.getServiceDescriptor(),
                ClusterGrpc.getServiceDescriptor(),
                MaintenanceGrpc.getServiceDescriptor(),
                AuthGrpc.getServiceDescriptor(),
                LockGrpc.getServiceDescriptor(),
                ElectionGrpc.getServiceDescriptor());
        assertThat(stubs.flatMap(stub -> stub.getMethods().stream())
                        .map(method -> method.getFullMethodName() + " " + method.getType()))
                .containsExactlyInAnyOrderElementsOf(contractLines("rpc").stream()
                        .map(WireContractTest::pathAndType)
                        .toList());
    }

    @ParameterizedTest
    @MethodSource("emptyMessages")
    void unknownFieldsSurviveParsingAndSerialising(Message empty) throws IOException {
        ByteString wire = UnknownFieldSet.newBuilder()
                .addField(
                        1000, UnknownFieldSet.Field.newBuilder().addVarint(-1L).build())
                .addField(
                        1001,
                        UnknownFieldSet.Field.newBuilder()
                                .addLengthDelimited(ByteString.copyFromUtf8("from a newer release"))
                                .build())
                .build()
                .toByteString();

        Message parsed = empty.getParserForType().parseFrom(wire);

        assertThat(parsed.toByteString()).isEqualTo(wire);
    }

    @Test
    void unknownEnumNumbersSurviveParsingAndSerialising() throws IOException {
        // sort_order (field 5, varint) = 9, which no release defines.
        ByteString wire = ByteString.copyFrom(new byte[] {5 << 3, 9});

        RangeRequest parsed = RangeRequest.parseFrom(wire);

        assertThat(parsed.getSortOrder()).isEqualTo(RangeRequest.SortOrder.UNRECOGNIZED);
        assertThat(parsed.getSortOrderValue()).isEqualTo(9);
        assertThat(parsed.toByteString()).isEqualTo(wire);
    }

    @ParameterizedTest
    @MethodSource("messagesWithCredentials")
    void debugFormatHidesCredentials(Message message) {
        assertThat(DebugFormat.singleLine().toString(message))
                .contains("REDACTED")
                .doesNotContain("hunter2");
    }

    static Stream<Message> messagesWithCredentials() {
        return Stream.of(
                AuthenticateRequest.newBuilder().setPassword("hunter2").build(),
                AuthenticateResponse.newBuilder().setToken("hunter2").build(),
                AuthUserAddRequest.newBuilder().setPassword("hunter2").build(),
                AuthUserAddRequest.newBuilder().setHashedPassword("hunter2").build(),
                AuthUserChangePasswordRequest.newBuilder()
                        .setPassword("hunter2")
                        .build(),
                AuthUserChangePasswordRequest.newBuilder()
                        .setHashedPassword("hunter2")
                        .build(),
                User.newBuilder()
                        .setPassword(ByteString.copyFromUtf8("hunter2"))
                        .build());
    }

    /** The generated default instance of every message: what the server parses requests with. */
    static Stream<Message> emptyMessages() {
        return messages().map(message -> {
            try {
                return (Message) Class.forName("io.meshkeep.proto." + message.getName())
                        .getMethod("getDefaultInstance")
                        .invoke(null);
            } catch (ReflectiveOperationException e) {
                throw new LinkageError("no generated class for " + message.getFullName(), e);
            }
        });
    }

    private static Stream<Descriptor> messages() {
        return FILES.stream().flatMap(file -> file.getMessageTypes().stream()).flatMap(WireContractTest::withNested);
    }

    private static Stream<Descriptor> withNested(Descriptor message) {
        return Stream.concat(
                Stream.of(message), message.getNestedTypes().stream().flatMap(WireContractTest::withNested));
    }

    private static String describe(Descriptor message) {
        return Stream.concat(
                        Stream.of("msg " + message.getFullName()),
                        message.getFields().stream().map(WireContractTest::describe))
                .collect(Collectors.joining(" "));
    }

    private static String describe(FieldDescriptor field) {
        String oneof = field.getContainingOneof() == null
                ? ""
                : field.getContainingOneof().getName() + "/";
        String type = switch (field.getType()) {
            case MESSAGE -> field.getMessageType().getFullName();
            case ENUM -> field.getEnumType().getFullName();
            default -> field.getType().name().toLowerCase(Locale.ROOT);
        };
        return oneof + field.getName() + "=" + field.getNumber() + ":" + (field.isRepeated() ? "[]" : "") + type;
    }

    private static String describe(EnumDescriptor type) {
        return Stream.concat(
                        Stream.of("enum " + type.getFullName()),
                        type.getValues().stream().map(value -> value.getName() + "=" + value.getNumber()))
                .collect(Collectors.joining(" "));
    }

    private static String describe(MethodDescriptor method) {
        return String.join(
                " ",
                "rpc",
                method.getService().getFullName(),
                method.getName(),
                (method.isClientStreaming() ? "stream " : "")
                        + method.getInputType().getFullName(),
                (method.isServerStreaming() ? "stream " : "")
                        + method.getOutputType().getFullName());
    }

    private static String pathAndType(String rpcLine) {
        List<String> words = List.of(rpcLine.split(" "));
        boolean clientStreams = words.get(3).equals("stream");
        boolean serverStreams = words.get(words.size() - 2).equals("stream");
        MethodType type = clientStreams
                ? (serverStreams ? MethodType.BIDI_STREAMING : MethodType.CLIENT_STREAMING)
                : (serverStreams ? MethodType.SERVER_STREAMING : MethodType.UNARY);
        return words.get(1) + "/" + words.get(2) + " " + type;
    }

    /** The contract's lines of one kind. Fails if there are none, so that no comparison can pass for lack of data. */
    private static List<String> contractLines(String kind) throws IOException {
        try (InputStream in = Objects.requireNonNull(
                WireContractTest.class.getResourceAsStream("wire-contract.txt"), "wire-contract.txt")) {
            List<String> lines = new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> line.startsWith(kind + " "))
                    .toList();
            assertThat(lines).as("lines of kind %s", kind).isNotEmpty();
            return lines;
        }
    }
}
