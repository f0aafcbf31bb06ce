package io.meshkeep.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.internal.PlatformDependent;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
class NettyLibrariesTest {
    @TempDir
    Path directory;

    @Test
    void bothAreUnpackedUnderTheNamesThatNettyLooksFor() throws Exception {
        Path made = directory.resolve("made");
        NettyLibraries.unpack(made);
        String architecture = PlatformDependent.normalizedArch();
        assertThat(made.resolve("libnetty_transport_native_epoll_" + architecture + ".so"))
                .isNotEmptyFile();
        assertThat(made.resolve("libnetty_tcnative_linux_" + architecture + ".so"))
                .isNotEmptyFile();
    }
}
