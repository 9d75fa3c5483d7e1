package io.headroom.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.core.domain.JavaModifier.ABSTRACT;
import static com.tngtech.archunit.lang.SimpleConditionEvent.violated;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Where a class may look, and what it may be called. */
@AnalyzeClasses(packages = "io.headroom", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    private static final int MOST_METHODS_OF_A_PORT = 5;
    private static final int MOST_LINES_OF_A_SOURCE_FILE = 400;
    private static final List<String> PRODUCTION_MODULES =
            List.of("actors", "persistence", "cluster-config", "node-app");

    private static final String[] CORES = {
        "io.headroom.model..",
        "io.headroom.mailbox..",
        "io.headroom.disk..",
        "io.headroom.vm..",
        "io.headroom.host..",
        "io.headroom.lun..",
        "io.headroom.spm..",
        "io.headroom.ledger.."
    };
    private static final String PORT = "io.headroom.port..";
    private static final String STORE = "io.headroom.store..";
    private static final String CLUSTER = "io.headroom.cluster..";
    private static final String NODE = "io.headroom.node..";
    private static final String[] SHOW_AND_PROOF = {
        "io.headroom.demo..",
        "io.headroom.bench..",
        "io.headroom.chaos..",
        "io.headroom.guest..",
        "io.headroom.lab..",
        "io.headroom.rig..",
        "io.headroom.fake.."
    };

    /** The word by itself or inside a camel-case name: DiskUtils is one, Simple and Implied are not. */
    private static final Pattern EMPTY_WORD = Pattern.compile(".*(Util|Helper|Manager|Impl)s?(?![a-z]).*");

    private static final DescribedPredicate<JavaClass> DECIDERS = resideInAnyPackage(CORES)
            .and(describe("not be an actor or part of one", clazz -> !isActorOrInsideOne(clazz)))
            .as("are deciders (classes of the cores and no actors)");

    private static final DescribedPredicate<JavaClass> THE_WORLD = resideInAnyPackage(
                    "org.apache.pekko..",
                    "java.io..",
                    "java.nio.file..",
                    "java.nio.channels..",
                    "java.net..",
                    "java.util.random..")
            .or(type(Thread.class))
            .or(type(Process.class))
            .or(type(ProcessBuilder.class))
            .or(type(Random.class))
            .or(type(SplittableRandom.class))
            .or(type(ThreadLocalRandom.class))
            .or(type(Clock.class))
            .or(type(CompletionStage.class))
            .or(type(CompletableFuture.class))
            .as("are Pekko, files, sockets, threads, processes, clocks, chance or things that complete later");

    private static final DescribedPredicate<JavaAccess<?>> ASKING_FOR_TIME_OR_CHANCE =
            describe("the time or chance is asked for", access -> {
                JavaClass owner = access.getTargetOwner();
                String name = access.getName();
                return owner.isEquivalentTo(System.class)
                                && (name.equals("currentTimeMillis") || name.equals("nanoTime"))
                        || owner.getPackageName().equals("java.time") && name.equals("now")
                        || owner.isEquivalentTo(UUID.class) && name.equals("randomUUID")
                        || owner.isEquivalentTo(Math.class) && name.equals("random");
            });

    @ArchTest
    static final ArchRule the_heart_knows_no_other_module = noClasses()
            .that(resideInAnyPackage(CORES).or(resideInAPackage(PORT)))
            .should()
            .dependOnClassesThat(resideInAnyPackage(STORE, CLUSTER, NODE))
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule persistence_knows_only_the_heart = noClasses()
            .that()
            .resideInAPackage(STORE)
            .should()
            .dependOnClassesThat(resideInAnyPackage(CLUSTER, NODE))
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule cluster_config_knows_only_the_heart = noClasses()
            .that()
            .resideInAPackage(CLUSTER)
            .should()
            .dependOnClassesThat(resideInAnyPackage(STORE, NODE))
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule production_knows_nothing_of_the_tests_module = noClasses()
            .that()
            .resideOutsideOfPackages(SHOW_AND_PROOF)
            .should()
            .dependOnClassesThat(resideInAnyPackage(SHOW_AND_PROOF))
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule every_class_has_a_known_home = classes()
            .should(resideInOneOf(CORES, new String[] {PORT, STORE, CLUSTER, NODE}, SHOW_AND_PROOF))
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule packages_form_no_cycles =
            slices().matching("io.headroom.(*)..").should().beFreeOfCycles().allowEmptyShould(true);

    @ArchTest
    static final ArchRule deciders_do_not_see_the_world =
            noClasses().that(DECIDERS).should().dependOnClassesThat(THE_WORLD).allowEmptyShould(true);

    @ArchTest
    static final ArchRule deciders_are_told_the_time = noClasses()
            .that(DECIDERS)
            .should()
            .accessTargetWhere(ASKING_FOR_TIME_OR_CHANCE)
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule ports_are_small = classes()
            .that()
            .resideInAPackage(PORT)
            .and()
            .areInterfaces()
            .should(haveAtMostAbstractMethods(MOST_METHODS_OF_A_PORT))
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule names_say_something =
            classes().should(haveNoEmptyWordInTheirName()).allowEmptyShould(true);

    @ArchTest
    static void source_files_are_short(JavaClasses anyOfThem) {
        List<String> tooLong = new ArrayList<>();
        for (String module : PRODUCTION_MODULES) {
            Path sources = repository().resolve(module).resolve("src/main/java");
            assertThat(sources).isDirectory();
            for (Path file : javaFilesIn(sources)) {
                int lines = linesOf(file);
                if (lines > MOST_LINES_OF_A_SOURCE_FILE) {
                    tooLong.add(repository().relativize(file) + ": " + lines + " lines");
                }
            }
        }
        assertThat(tooLong)
                .as("files over %d lines", MOST_LINES_OF_A_SOURCE_FILE)
                .isEmpty();
    }

    private static boolean isActorOrInsideOne(JavaClass clazz) {
        JavaClass current = clazz;
        while (!current.getSimpleName().endsWith("Actor")) {
            if (current.getEnclosingClass().isEmpty()) {
                return false;
            }
            current = current.getEnclosingClass().get();
        }
        return true;
    }

    private static ArchCondition<JavaClass> resideInOneOf(String[]... homes) {
        String[] all = Stream.of(homes).flatMap(Stream::of).toArray(String[]::new);
        return ArchCondition.from(resideInAnyPackage(all));
    }

    private static ArchCondition<JavaClass> haveAtMostAbstractMethods(int most) {
        return new ArchCondition<>("have at most " + most + " abstract methods") {
            @Override
            public void check(JavaClass port, ConditionEvents events) {
                long count = port.getMethods().stream()
                        .filter(method -> method.getModifiers().contains(ABSTRACT))
                        .count();
                if (count > most) {
                    events.add(violated(port, port.getName() + " has " + count + " abstract methods"));
                }
            }
        };
    }

    private static ArchCondition<JavaClass> haveNoEmptyWordInTheirName() {
        return new ArchCondition<>("have no Util, Helper, Manager or Impl in their name") {
            @Override
            public void check(JavaClass clazz, ConditionEvents events) {
                if (EMPTY_WORD.matcher(clazz.getSimpleName()).matches()) {
                    events.add(violated(clazz, clazz.getName() + " says nothing about what it does"));
                }
            }
        };
    }

    /** Surefire tells the module's directory; elsewhere it is the working directory. */
    private static Path repository() {
        return Path.of(System.getProperty("basedir", ""))
                .toAbsolutePath()
                .normalize()
                .getParent();
    }

    private static List<Path> javaFilesIn(Path sources) {
        try (var files = Files.walk(sources)) {
            return files.filter(file -> file.toString().endsWith(".java")).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int linesOf(Path file) {
        try (var lines = Files.lines(file)) {
            return Math.toIntExact(lines.count());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
