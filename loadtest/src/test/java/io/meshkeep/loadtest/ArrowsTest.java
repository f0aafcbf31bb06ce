package io.meshkeep.loadtest;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** What drives a server over the network knows the wire alone, so it treats every server alike. */
@AnalyzeClasses(packages = "io.meshkeep", importOptions = DoNotIncludeTests.class)
class ArrowsTest {
    private static final String LOADTEST = "io.meshkeep.loadtest..";
    private static final String TLS = "io.meshkeep.loadtest.tls..";
    private static final String[] INSIDERS = {
        "io.meshkeep.loadtest.memory..",
        "io.meshkeep.loadtest.sets..",
        "io.meshkeep.loadtest.index..",
        "io.meshkeep.loadtest.embedded..",
        "io.meshkeep.loadtest.ceiling.."
    };

    @ArchTest
    static final ArchRule driversKnowProtoAlone = noClasses()
            .that(resideInAPackage(LOADTEST)
                    .and(resideInAnyPackage(INSIDERS).negate())
                    .and(resideInAPackage(TLS).negate()))
            .should()
            .dependOnClassesThat(resideInAPackage("io.meshkeep..")
                    .and(resideInAnyPackage(LOADTEST, "io.meshkeep.proto..").negate()));

    /** To make certificates, and to read keys in all their forms. */
    @ArchTest
    static final ArchRule tlsKnowsCertsAlone = noClasses()
            .that(resideInAPackage(TLS))
            .should()
            .dependOnClassesThat(resideInAPackage("io.meshkeep..")
                    .and(resideInAnyPackage(LOADTEST, "io.meshkeep.certs..").negate()));

    @ArchTest
    static final ArchRule nothingElseKnowsTheLoadTest = noClasses()
            .that(resideInAPackage("io.meshkeep..")
                    .and(resideInAPackage(LOADTEST).negate()))
            .should()
            .dependOnClassesThat()
            .resideInAPackage(LOADTEST);

    @ArchTest
    static final ArchRule packagesFormNoCycles =
            slices().matching("io.meshkeep.loadtest.(**)").should().beFreeOfCycles();
}
