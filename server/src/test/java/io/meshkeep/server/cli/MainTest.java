package io.meshkeep.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the command says and ends with, up to where a server would start. */
class MainTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @ParameterizedTest
    @CsvSource({"version", "--version", "-version", "serve --version", "serve --name n -version"})
    void theFirstLineOfTheVersionIsEtcds(String line) {
        assertThat(run(line)).isEqualTo(Main.OK);
        assertThat(out.toString(StandardCharsets.UTF_8))
                .startsWith("etcd Version: 3.5.33\nMeshkeep Version: ")
                .doesNotContain("${");
    }

    @ParameterizedTest
    @CsvSource({"help", "--help", "-h", "-help"})
    void helpNamesTheCommands(String line) {
        assertThat(run(line)).isEqualTo(Main.OK);
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("meshkeep serve", "meshkeep version");
    }

    @Test
    void noCommandIsHelp() {
        assertThat(new Main(print(out), print(err), Map.of()).run(List.of())).isEqualTo(Main.OK);
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("meshkeep serve");
    }

    @ParameterizedTest
    @CsvSource({"serve --help", "serve -h", "serve --name n --help", "help serve"})
    void helpOfServeNamesEveryFlag(String line) {
        assertThat(run(line)).isEqualTo(Main.OK);
        String help = out.toString(StandardCharsets.UTF_8);
        assertThat(ServeFlags.all()).allSatisfy(flag -> assertThat(help).contains(flag.name()));
        assertThat(help.lines()).allSatisfy(each -> assertThat(each).hasSizeLessThanOrEqualTo(110));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            sevre                    | meshkeep: unknown command "sevre"; see meshkeep help
            serve --nmae=n           | meshkeep: unknown flag --nmae; did you mean --name?
            --nmae=n                 | meshkeep: unknown flag --nmae; did you mean --name?
            serve --cert-file=c      | meshkeep: cert-file and key-file go together: key-file is missing
            serve --metrics=all      | meshkeep: --metrics: "all" is neither basic nor extensive
            serve --log-outputs=/no/such/dir/log | meshkeep: log-outputs: cannot write to /no/such/dir/log: /no/such/dir/log
            """)
    void misuseIsOneLineAndStatus2(String line, String message) {
        assertThat(run(line)).isEqualTo(Main.MISUSED);
        assertThat(out.size()).isZero();
        assertThat(err.toString(StandardCharsets.UTF_8)).isEqualTo(message + "\n");
    }

    private int run(String line) {
        return new Main(print(out), print(err), Map.of()).run(List.of(line.split(" ")));
    }

    private static PrintStream print(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }
}
