package io.meshkeep.server;

import static com.tngtech.archunit.base.DescribedPredicate.alwaysTrue;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.syntax.elements.ClassesShouldConjunction;

/** Dependencies point one way: server, store and certs, then proto and setcore. See docs/architecture.md. */
@AnalyzeClasses(packages = "io.meshkeep", importOptions = DoNotIncludeTests.class)
class ModuleArrowsTest {
    private static final String OURS = "io.meshkeep..";
    private static final String PROTO = "io.meshkeep.proto..";
    private static final String SETCORE = "io.meshkeep.setcore..";
    private static final String STORE = "io.meshkeep.store..";
    private static final String CERTS = "io.meshkeep.certs..";
    private static final String SERVER = "io.meshkeep.server..";

    /**
     * Plain values below everything else in the server. They lie beside {@link MeshkeepServer}, which is above everything
     * else, because whoever embeds a server uses both.
     */
    private static final DescribedPredicate<JavaClass> CONFIGURATION = belongToAnyOf(
                    ServerConfig.class,
                    TlsConfig.class,
                    ListenUrl.class,
                    AutoCompaction.class,
                    InitialRevision.class,
                    MetricsDetail.class,
                    GoDuration.class)
            .onResultOf(JavaClass::getBaseComponentType);

    @ArchTest
    static final ArchRule protoStandsAlone = dependsOnlyOn(PROTO);

    @ArchTest
    static final ArchRule setcoreStandsAlone = dependsOnlyOn(SETCORE);

    @ArchTest
    static final ArchRule certsStandsAlone = dependsOnlyOn(CERTS);

    @ArchTest
    static final ArchRule storeKnowsProtoAndSetcore = dependsOnlyOn(STORE, PROTO, SETCORE);

    @ArchTest
    static final ArchRule serverKnowsWhatIsBelowIt = dependsOnlyOn(SERVER, STORE, CERTS, PROTO, SETCORE);

    /** A store that knew gRPC could not be put under another transport, or a replicated log. */
    @ArchTest
    static final ArchRule storeKnowsNoTransport = noClasses()
            .that()
            .resideInAPackage(STORE)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.grpc..", "io.netty..");

    @ArchTest
    static final ArchRule setcoreUsesTheJdkAlone = classes()
            .that()
            .resideInAPackage(SETCORE)
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("java..", SETCORE);

    @ArchTest
    static final ArchRule packagesFormNoCycles = slices().matching("io.meshkeep.(**)")
            .should()
            .beFreeOfCycles()
            .ignoreDependency(alwaysTrue(), CONFIGURATION);

    @ArchTest
    static final ArchRule configurationStandsAlone = noClasses()
            .that(CONFIGURATION)
            .should()
            .dependOnClassesThat(resideInAPackage(OURS).and(not(CONFIGURATION)));

    /** Only the command reads flags; everything else is also used embedded. */
    @ArchTest
    static final ArchRule nothingKnowsTheCommand = noClasses()
            .that(resideInAPackage(OURS)
                    .and(resideInAPackage("io.meshkeep.server.cli..").negate()))
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.meshkeep.server.cli..");

    private static ClassesShouldConjunction dependsOnlyOn(String module, String... below) {
        String[] allowed = new String[below.length + 1];
        allowed[0] = module;
        System.arraycopy(below, 0, allowed, 1, below.length);
        return noClasses()
                .that()
                .resideInAPackage(module)
                .should()
                .dependOnClassesThat(
                        resideInAPackage(OURS).and(resideInAnyPackage(allowed).negate()));
    }
}
