package io.meshkeep.clustermesh;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** This module is above all others but the load generator; see docs/architecture.md. */
@AnalyzeClasses(packages = "io.meshkeep", importOptions = DoNotIncludeTests.class)
class ModuleArrowsTest {
    private static final String CLUSTERMESH = "io.meshkeep.clustermesh..";

    @ArchTest
    static final ArchRule usesWhatIsBelowIt = classes()
            .that()
            .resideInAPackage(CLUSTERMESH)
            .should()
            .onlyDependOnClassesThat(resideInAPackage("io.meshkeep..")
                    .negate()
                    .or(resideInAnyPackage(
                            CLUSTERMESH,
                            "io.meshkeep.server..",
                            "io.meshkeep.store..",
                            "io.meshkeep.certs..",
                            "io.meshkeep.proto..")));

    @ArchTest
    static final ArchRule nothingUsesIt = noClasses()
            .that()
            .resideOutsideOfPackage(CLUSTERMESH)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(CLUSTERMESH);

    @ArchTest
    static final ArchRule packagesFormNoCycles =
            slices().matching("io.meshkeep.clustermesh.(**)").should().beFreeOfCycles();

    /** The client of an etcd knows nothing of Kubernetes. */
    @ArchTest
    static final ArchRule theKvstoreKnowsNoKubernetes = noClasses()
            .that()
            .resideInAPackage("io.meshkeep.clustermesh.kvstore..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.fabric8..");
}
