package io.meshkeep.store;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import io.meshkeep.proto.Permission;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** The encoded form of {@link Command.Auth} and {@link Command.As}: one byte for the kind, then the fields in order. */
final class AuthChangeCodec {
    /** How deep {@link AuthChange.Sequence}s may be nested: what comes from elsewhere must not exhaust the stack. */
    private static final int MAX_DEPTH = 4;

    private AuthChangeCodec() {}

    static byte[] encode(AuthChange change) {
        return written(out -> write(change, out));
    }

    static byte[] encode(Caller caller, Command command) {
        return written(out -> {
            out.writeStringNoTag(caller.user());
            out.writeSInt64NoTag(caller.revision());
            out.writeBoolNoTag(caller.exact());
            out.writeByteArrayNoTag(command.encode());
        });
    }

    private interface Writer {
        void write(CodedOutputStream out) throws IOException;
    }

    private static byte[] written(Writer writer) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        try {
            writer.write(out);
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static void write(AuthChange change, CodedOutputStream out) throws IOException {
        if (change instanceof AuthChange.Enable) {
            out.writeUInt32NoTag(1);
        } else if (change instanceof AuthChange.Disable) {
            out.writeUInt32NoTag(2);
        } else if (change instanceof AuthChange.UserAdd add) {
            out.writeUInt32NoTag(3);
            out.writeStringNoTag(add.name());
            out.writeBoolNoTag(add.noPassword());
            out.writeBytesNoTag(add.passwordHash());
        } else if (change instanceof AuthChange.UserDelete delete) {
            out.writeUInt32NoTag(4);
            out.writeStringNoTag(delete.name());
        } else if (change instanceof AuthChange.UserChangePassword password) {
            out.writeUInt32NoTag(5);
            out.writeStringNoTag(password.name());
            out.writeBoolNoTag(password.passwordHash() != null);
            out.writeBytesNoTag(password.passwordHash() == null ? ByteString.EMPTY : password.passwordHash());
        } else if (change instanceof AuthChange.UserGrantRole grant) {
            out.writeUInt32NoTag(6);
            out.writeStringNoTag(grant.user());
            out.writeStringNoTag(grant.role());
        } else if (change instanceof AuthChange.UserRevokeRole revoke) {
            out.writeUInt32NoTag(7);
            out.writeStringNoTag(revoke.user());
            out.writeStringNoTag(revoke.role());
        } else if (change instanceof AuthChange.RoleAdd add) {
            out.writeUInt32NoTag(8);
            out.writeStringNoTag(add.name());
        } else if (change instanceof AuthChange.RoleDelete delete) {
            out.writeUInt32NoTag(9);
            out.writeStringNoTag(delete.name());
        } else if (change instanceof AuthChange.RoleGrantPermission grant) {
            out.writeUInt32NoTag(10);
            out.writeStringNoTag(grant.role());
            out.writeBoolNoTag(grant.permission() != null);
            out.writeMessageNoTag(grant.permission() == null ? Permission.getDefaultInstance() : grant.permission());
        } else if (change instanceof AuthChange.RoleRevokePermission revoke) {
            out.writeUInt32NoTag(11);
            out.writeStringNoTag(revoke.role());
            out.writeBytesNoTag(revoke.key());
            out.writeBytesNoTag(revoke.rangeEnd());
        } else if (change instanceof AuthChange.ManageUsers manage) {
            out.writeUInt32NoTag(13);
            out.writeUInt32NoTag(manage.roleByUser().size());
            for (Map.Entry<String, String> entry : manage.roleByUser().entrySet()) {
                out.writeStringNoTag(entry.getKey());
                out.writeStringNoTag(entry.getValue());
            }
        } else {
            List<AuthChange> changes = ((AuthChange.Sequence) change).changes();
            out.writeUInt32NoTag(12);
            out.writeUInt32NoTag(changes.size());
            for (AuthChange each : changes) {
                write(each, out);
            }
        }
    }

    static AuthChange decodeChange(byte[] body) throws InvalidProtocolBufferException {
        try {
            return read(CodedInputStream.newInstance(body), 0);
        } catch (IOException e) {
            throw damaged(e);
        }
    }

    static Command.As decodeAs(byte[] body) throws InvalidProtocolBufferException {
        try {
            CodedInputStream in = CodedInputStream.newInstance(body);
            Caller caller = new Caller(in.readStringRequireUtf8(), in.readSInt64(), in.readBool());
            Command command = Command.decode(in.readByteArray());
            if (command instanceof Command.As) {
                throw new InvalidProtocolBufferException("a command has one caller");
            }
            return new Command.As(caller, command);
        } catch (IOException e) {
            throw damaged(e);
        }
    }

    private static InvalidProtocolBufferException damaged(IOException e) {
        return e instanceof InvalidProtocolBufferException invalid ? invalid : new InvalidProtocolBufferException(e);
    }

    private static AuthChange read(CodedInputStream in, int depth) throws IOException {
        int kind = in.readUInt32();
        return switch (kind) {
            case 1 -> new AuthChange.Enable();
            case 2 -> new AuthChange.Disable();
            case 3 -> new AuthChange.UserAdd(in.readStringRequireUtf8(), in.readBool(), in.readBytes());
            case 4 -> new AuthChange.UserDelete(in.readStringRequireUtf8());
            case 5 -> {
                String name = in.readStringRequireUtf8();
                boolean given = in.readBool();
                ByteString hash = in.readBytes();
                yield new AuthChange.UserChangePassword(name, given ? hash : null);
            }
            case 6 -> new AuthChange.UserGrantRole(in.readStringRequireUtf8(), in.readStringRequireUtf8());
            case 7 -> new AuthChange.UserRevokeRole(in.readStringRequireUtf8(), in.readStringRequireUtf8());
            case 8 -> new AuthChange.RoleAdd(in.readStringRequireUtf8());
            case 9 -> new AuthChange.RoleDelete(in.readStringRequireUtf8());
            case 10 -> {
                String role = in.readStringRequireUtf8();
                boolean given = in.readBool();
                Permission permission = Permission.parseFrom(in.readByteArray());
                yield new AuthChange.RoleGrantPermission(role, given ? permission : null);
            }
            case 11 -> new AuthChange.RoleRevokePermission(in.readStringRequireUtf8(), in.readBytes(), in.readBytes());
            case 12 -> {
                if (depth == MAX_DEPTH) {
                    throw new InvalidProtocolBufferException("changes are nested too deep");
                }
                List<AuthChange> changes = new ArrayList<>();
                for (int i = in.readUInt32(); i > 0; i--) {
                    changes.add(read(in, depth + 1));
                }
                yield new AuthChange.Sequence(changes);
            }
            case 13 -> {
                SortedMap<String, String> roleByUser = new TreeMap<>();
                for (int i = in.readUInt32(); i > 0; i--) {
                    roleByUser.put(in.readStringRequireUtf8(), in.readStringRequireUtf8());
                }
                yield new AuthChange.ManageUsers(roleByUser);
            }
            default -> throw new InvalidProtocolBufferException("unknown kind of auth change: " + kind);
        };
    }
}
