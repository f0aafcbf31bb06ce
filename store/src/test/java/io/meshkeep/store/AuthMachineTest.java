package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.meshkeep.proto.Permission;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands on behalf of users, and changes of users between them: the outcome hangs on their order alone. */
class AuthMachineTest {
    private static final int COMMANDS = 2_000;
    private static final List<String> USERS = List.of("alice", "bob", "carol");

    private static List<Command> commands(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        RandomCommands commands = new RandomCommands(random);
        List<Command> all = new ArrayList<>();
        all.add(add("root"));
        all.add(change(new AuthChange.UserGrantRole("root", "root")));
        for (String user : USERS) {
            all.add(add(user));
            all.add(change(new AuthChange.RoleAdd(user)));
            all.add(change(new AuthChange.UserGrantRole(user, user)));
        }
        all.add(change(new AuthChange.Enable()));
        long authRevision = 10;
        for (int i = 0; i < COMMANDS; i++) {
            if (random.nextInt(20) == 0) {
                all.add(management(random, commands));
                authRevision += random.nextInt(2);
            } else {
                all.add(new Command.As(caller(random, authRevision), commands.next(1 + i / 2)));
            }
        }
        all.add(new Command.LeaseGrant(77, 77));
        return all;
    }

    private static Caller caller(SplittableRandom random, long authRevision) {
        return switch (random.nextInt(12)) {
            case 0 -> Caller.NOBODY;
            case 1 -> new Caller("root", authRevision, false);
            case 2 -> new Caller("alice", authRevision - random.nextInt(3), true);
            default -> new Caller(USERS.get(random.nextInt(USERS.size())), authRevision, false);
        };
    }

    private static Command add(String user) {
        return change(new AuthChange.UserAdd(user, true, ByteString.EMPTY));
    }

    private static Command change(AuthChange change) {
        return new Command.Auth(change);
    }

    private static Command management(SplittableRandom random, RandomCommands commands) {
        String user = USERS.get(random.nextInt(USERS.size()));
        ByteString key = commands.key();
        ByteString end = commands.end();
        return switch (random.nextInt(12)) {
            case 0 -> change(new AuthChange.UserDelete(user));
            case 1, 2 ->
                change(new AuthChange.Sequence(List.of(
                        new AuthChange.UserAdd(user, false, ByteString.copyFromUtf8("hash")),
                        new AuthChange.UserGrantRole(user, user))));
            case 3 -> change(new AuthChange.UserChangePassword(user, random.nextBoolean() ? null : key));
            case 4 -> change(new AuthChange.RoleRevokePermission(user, key, end));
            case 5 -> change(new AuthChange.ManageUsers(new TreeMap<>(java.util.Map.of(user, "alice"))));
            case 6 -> change(new AuthChange.UserRevokeRole(user, "alice"));
            default ->
                change(new AuthChange.RoleGrantPermission(
                        user,
                        Permission.newBuilder()
                                .setPermTypeValue(random.nextInt(3))
                                .setKey(key)
                                .setRangeEnd(end)
                                .build()));
        };
    }

    private record Outcome(List<String> answers, List<String> users) {}

    private static Outcome run(List<Command> commands, IntPredicate cutAfter) {
        MemoryDisk disk = new MemoryDisk();
        StateMachine machine = disk.stateMachine();
        List<String> answers = new ArrayList<>();
        for (int i = 0; i < commands.size(); i++) {
            try {
                answers.add(Answers.of(machine.apply(commands.get(i)), null).toString());
            } catch (EtcdException refused) {
                answers.add(refused.getMessage());
            }
            if (cutAfter.test(i)) {
                disk.write(machine.cut());
            }
        }
        StateMachine.Cut last = machine.cut();
        disk.write(last);
        StoredAuth stored = new StoredAuth();
        disk.family(Storage.Family.AUTH).forEach(stored::add);
        AuthState auth = stored.build();
        assertThat(describe(auth)).isEqualTo(describe(last.snapshot().auth()));
        return new Outcome(answers, describe(auth));
    }

    private static List<String> describe(AuthState auth) {
        List<String> lines = new ArrayList<>();
        lines.add(auth.isEnabled() + " " + auth.revision() + " " + auth.disabledRevision());
        auth.users()
                .forEach(user -> lines.add(user + " " + user.createdRevision() + " " + user.credentialRevision() + " "
                        + user.noPassword() + " " + user.passwordHash().toStringUtf8() + " " + user.managedRole()));
        auth.roles().forEach(role -> lines.add(role.toString()));
        return lines;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void whereBatchesEndMakesNoDifference(long seed) {
        List<Command> commands = commands(seed);
        Outcome oneByOne = run(commands, i -> true);
        assertThat(oneByOne.answers)
                .contains("etcdserver: permission denied", "etcdserver: user name is empty")
                .contains("etcdserver: revision of auth store is old");
        assertThat(run(commands, i -> false)).isEqualTo(oneByOne);
        SplittableRandom cuts = new SplittableRandom(seed);
        assertThat(run(commands, i -> cuts.nextInt(30) == 0)).isEqualTo(oneByOne);
    }

    @Test
    void commandsThatWereSentAsBytesDoTheSame() throws InvalidProtocolBufferException {
        List<Command> commands = commands(5);
        List<Command> sent = new ArrayList<>();
        for (Command command : commands) {
            sent.add(Command.decode(command.encode()));
        }
        assertThat(sent).isEqualTo(commands);
        assertThat(run(sent, i -> i % 7 == 0)).isEqualTo(run(commands, i -> i % 7 == 0));
    }
}
