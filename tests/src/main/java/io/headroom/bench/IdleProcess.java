package io.headroom.bench;

import io.headroom.model.HostId;
import io.headroom.rig.Watch;
import io.headroom.spm.Spm;
import io.headroom.spm.SpmActor;
import io.headroom.spm.SpmReport;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/**
 * A process whose processor time is measured from outside: an actor system with an SPM and nothing else, or with
 * nothing at all. It says when it is ready and ends when its standard input does, so also with whoever started it.
 */
final class IdleProcess implements AutoCloseable {
    private static final String READY = "ready";
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Process process;

    private IdleProcess(Process process) {
        this.process = process;
    }

    /** An actor system without an actor. */
    static IdleProcess empty() throws IOException {
        return start(List.of());
    }

    /** The SPM of the pool, which serves when this returns. */
    static IdleProcess spm(Path pool) throws IOException {
        return start(List.of(pool.toString()));
    }

    private static IdleProcess start(List<String> arguments) throws IOException {
        // With the memory that bin/headroom gives a node.
        List<String> argv = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-Dlogback.configurationFile=io/headroom/rig/logback.xml",
                "-Dslf4j.internal.verbosity=ERROR",
                "-cp",
                System.getProperty("java.class.path"),
                IdleProcess.class.getName()));
        argv.addAll(arguments);
        IdleProcess started = new IdleProcess(new ProcessBuilder(argv)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
        BufferedReader said = started.process.inputReader();
        for (String line = said.readLine(); !READY.equals(line); line = said.readLine()) {
            if (line == null) {
                throw new IOException("the process to measure ended before it was ready");
            }
            Bench.say(line);
        }
        return started;
    }

    /** Processor time of all its threads since it began. */
    Duration processorTime() {
        return process.info()
                .totalCpuDuration()
                .orElseThrow(() -> new IllegalStateException("this system does not tell a process's processor time"));
    }

    @Override
    public void close() {
        process.destroy();
        process.onExit().join();
    }

    public static void main(String[] args) throws Exception {
        if (args.length == 0) {
            LocalSystem.start("idle", BenchPool.lastingSystem());
        } else {
            serve(BenchPool.open(Path.of(args[0])));
        }
        System.out.println(READY);
        while (System.in.read() >= 0) {}
        Runtime.getRuntime().halt(0);
    }

    private static void serve(BenchPool pool) throws Exception {
        ActorSystem<Void> system = LocalSystem.start("idle", pool.system()).actors();
        HostId host = new HostId(1);
        ActorRef<SpmActor.Command> spm = system.systemActorOf(
                pool.spm(host, "", pool.lease(host), Rhythm.DEFAULT, ringing -> {}), "spm", Props.empty());
        Watch.until(
                "the SPM serves",
                LIMIT,
                () -> AskPattern.<SpmActor.Command, SpmReport>ask(
                                        spm, SpmActor.Describe::new, LIMIT, system.scheduler())
                                .toCompletableFuture()
                                .join()
                                .phase()
                        == Spm.Phase.SERVING);
    }
}
