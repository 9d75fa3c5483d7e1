package io.headroom.cluster;

import io.headroom.model.HostId;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One host's sanlock and the part that the host takes in a pool's leases, through sanlock's command line. The numbers of
 * its answers are those of sanlock 3.8. Every call blocks.
 */
public final class Sanlock {
    private static final Logger LOG = LoggerFactory.getLogger(Sanlock.class);

    private static final int DONE = 0;
    /** The time stamp of a lease that its owner gave back. */
    private static final String GIVEN_BACK = "0";

    private static final int NO_ENTRY = -2;
    private static final int EXISTS = -17;
    private static final int HOST_ID_BUSY = -262;

    /** What is no question of the storage. */
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(20);

    /** How soon a host takes part again after its storage came back. */
    private static final Duration REJOIN_PAUSE = Duration.ofSeconds(20);

    private static final Pattern RESULT = Pattern.compile("(?m)^\\w+ done (-?\\d+)$");

    private final SanlockArea area;
    private final HostId host;
    private final Settings settings;
    private final Runner runner;
    private final CompletableFuture<String> taken = new CompletableFuture<>();
    /** Held while this host joins or leaves, either of which may take long. */
    private final ReentrantLock turn = new ReentrantLock();

    private final Condition left = turn.newCondition();
    private volatile boolean staying;

    /**
     * @param ioTimeout how long sanlock waits for the storage: whole seconds, the same on every host of the pool
     * @param watchdog whether a sanlock without a watchdog is refused
     * @param runDirectory where the daemon's socket is; empty for its usual place
     */
    public record Settings(Duration ioTimeout, boolean watchdog, Optional<Path> runDirectory) {
        /** After what time without a sign of life another host takes a host for dead: sanlock's own rule. */
        Duration deadAfter() {
            return ioTimeout.multipliedBy(8).plusSeconds(60);
        }

        /**
         * After what time at the latest the leases of a host that died are free: others look for its signs of life with
         * each renewal of their own, every two I/O timeouts.
         */
        public Duration freeAfter() {
            return deadAfter().plus(ioTimeout.multipliedBy(2));
        }

        /** Two hosts with one id are noticed only after one of them was watched for as long as a dead host is. */
        Duration joinLimit() {
            return deadAfter().multipliedBy(2);
        }
    }

    private static final class HostIdTaken extends IOException {
        private static final long serialVersionUID = 1;

        HostIdTaken(String message) {
            super(message);
        }
    }

    /** @param runner runs sanlock's client, as a child of this process */
    public Sanlock(SanlockArea area, HostId host, Settings settings, Runner runner) {
        this.area = area;
        this.host = host;
        this.settings = settings;
        this.runner = runner;
    }

    SanlockArea area() {
        return area;
    }

    HostId host() {
        return host;
    }

    /** The lease of the SPM. */
    public LeaseTool spm() {
        return new SanlockLease(this, SanlockArea.Lease.SPM);
    }

    /** The lease of the side of a partition that goes on. */
    public LeaseTool majority() {
        return new SanlockLease(this, SanlockArea.Lease.MAJORITY);
    }

    /** Makes the area anew, whatever it held: nobody has or has had any of the leases. Needs no daemon. */
    public void create() throws IOException {
        initialise("-s", area.lockspaceOf(0));
        for (SanlockArea.Lease lease : SanlockArea.Lease.values()) {
            initialise("-r", area.resource(lease));
        }
    }

    private void initialise(String kind, String place) throws IOException {
        Answer answer = ask(settings.deadAfter(), "direct", "init", kind, place, "-o", ioTimeout());
        if (answer.code() != DONE) {
            throw new IOException("sanlock could not initialise " + place + ": " + answer);
        }
    }

    /**
     * Takes part in the pool's leases under this host's id, until it leaves or loses the storage.
     * Repeating it is harmless. The first time takes 2 to 4 I/O timeouts.
     *
     * @throws IOException where it cannot; the message names the cause and the next step
     */
    public void join() throws IOException {
        turn.lock();
        try {
            joinInTurn();
        } finally {
            turn.unlock();
        }
    }

    private void joinInTurn() throws IOException {
        requireDaemon();
        if (isIn()) {
            return;
        }
        Answer answer = ask(settings.joinLimit(), "client", "add_lockspace", "-s", own(), "-o", ioTimeout());
        if (answer.code() == HOST_ID_BUSY) {
            throw new HostIdTaken("host id " + host + " of the lockspace " + area.lockspace()
                    + " is used by another living host" + nameOf(host) + "; this one is " + ownName()
                    + "; give each host its own headroom.host-id, or stop the other one");
        }
        if (answer.code() != DONE && !(answer.code() == EXISTS && isIn())) {
            throw new IOException("this host cannot join the lockspace " + own() + ": " + answer
                    + "; look into sanlock's own log, and whether every host has the same sanlock.io-timeout");
        }
    }

    /** @throws IOException where no sanlock answers, or one that the settings do not allow; saying what to do */
    public void requireDaemon() throws IOException {
        Runner.Ended status = run(ANSWER_LIMIT, List.of("client", "status", "-D"));
        if (status.status() != 0) {
            throw new IOException("sanlock does not answer " + status.errors().strip()
                    + "; start it (systemctl start wdmd sanlock), and let this user be in the group sanlock or root");
        }
        if (settings.watchdog() && !status.output().contains("use_watchdog=1")) {
            throw new IOException("sanlock runs without a watchdog, so nothing would stop this host if it lost the"
                    + " storage; start wdmd, remove use_watchdog = 0 from sanlock.conf, and start sanlock again");
        }
    }

    /** What this host calls itself in every lockspace. */
    private String ownName() throws IOException {
        Matcher name = Pattern.compile("(?m)^daemon (\\S+)")
                .matcher(run(ANSWER_LIMIT, List.of("client", "status", "-D")).output());
        return name.find() ? name.group(1) : "unknown";
    }

    private boolean isIn() throws IOException {
        Answer answer = ask(ANSWER_LIMIT, "client", "inq_lockspace", "-s", own());
        if (answer.code() != DONE && answer.code() != NO_ENTRY) {
            throw new IOException("the lockspace " + own() + " is being joined or left just now: " + answer);
        }
        return answer.code() == DONE;
    }

    /**
     * Joins now and whenever this host lost the storage, on a thread of its own, until it leaves: joining takes
     * its time, and a host that is to take over should not begin with it. It also ends when the id turns out to be
     * another living host's, which {@link #hostIdTaken} tells.
     */
    public void stay() {
        staying = true;
        Thread member = new Thread(this::joinAgainAndAgain, "sanlock-" + area.lockspace());
        member.setDaemon(true);
        member.start();
    }

    private void joinAgainAndAgain() {
        turn.lock();
        try {
            joinUntilLeft();
        } catch (InterruptedException interrupted) {
            throw new AssertionError("nobody interrupts this thread", interrupted);
        } finally {
            turn.unlock();
        }
    }

    private void joinUntilLeft() throws InterruptedException {
        String told = "";
        while (staying) {
            try {
                join();
                told = "";
            } catch (HostIdTaken refused) {
                staying = false;
                taken.complete(refused.getMessage());
                return;
            } catch (IOException failed) {
                if (!failed.getMessage().equals(told)) {
                    LOG.warn("{}; it is tried every {} s", failed.getMessage(), REJOIN_PAUSE.toSeconds());
                    told = failed.getMessage();
                }
            }
            if (staying) {
                left.await(REJOIN_PAUSE.toMillis(), TimeUnit.MILLISECONDS);
            }
        }
    }

    /** Completes, with both names, when another living host was found to use this host's id; never otherwise. */
    public CompletionStage<String> hostIdTaken() {
        return taken;
    }

    /**
     * The opposite of {@link #join()}: another host may take what this one had at once. Kills a keeper that is left.
     *
     * @param limit how long a joining that is under way is waited for, and how long sanlock itself
     * @throws IOException where this host stays in the lockspace. That keeps its id from other machines and nothing else
     *     from anybody: a joining host has no lease yet
     */
    public void leave(Duration limit) throws IOException {
        staying = false;
        try {
            if (!turn.tryLock(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IOException("this host is joining the lockspace " + own()
                        + " just now and stays in it; another machine may have its id when sanlock here has ended");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted; this host stays in the lockspace " + own(), interrupted);
        }
        try {
            left.signalAll();
            leaveInTurn(limit);
        } finally {
            turn.unlock();
        }
    }

    private void leaveInTurn(Duration limit) throws IOException {
        Answer answer = ask(limit, "client", "rem_lockspace", "-s", own());
        if (answer.code() != DONE && answer.code() != NO_ENTRY) {
            throw new IOException("this host cannot leave the lockspace " + own() + ": " + answer);
        }
    }

    /** The command line that takes {@code lease} and becomes {@code program}. */
    List<String> holding(SanlockArea.Lease lease, List<String> program) {
        List<String> argv = new ArrayList<>(client());
        argv.addAll(List.of("client", "command", "-r", area.resource(lease), "-c"));
        argv.addAll(program);
        return List.copyOf(argv);
    }

    /** What the storage says of the lease; needs no daemon. */
    LeaseState look(SanlockArea.Lease lease) throws IOException {
        Answer leader = ask(ANSWER_LIMIT, "direct", "read_leader", "-r", area.resource(lease));
        if (leader.code() != DONE) {
            throw new IOException("the lease cannot be read on the storage: " + leader);
        }
        Optional<Boolean> held = leader.field("timestamp").map(since -> !since.equals(GIVEN_BACK));
        return new LeaseState("sanlock, with the SPM's keeper", area.resource(lease), held, owner(leader));
    }

    /** Who has the lease by what the storage says, in words for an operator. */
    String owner(SanlockArea.Lease lease) throws IOException {
        return owner(ask(settings.deadAfter(), "direct", "read_leader", "-r", area.resource(lease)));
    }

    private String owner(Answer leader) throws IOException {
        String id = leader.field("owner_id").orElse("0");
        if (leader.code() != DONE || id.equals("0") || id.length() > 4) {
            return "unknown";
        }
        return "host " + id + nameOf(new HostId(Integer.parseInt(id)));
    }

    /** What another host calls itself in the lockspace, in brackets; empty where it does not say. */
    private String nameOf(HostId other) throws IOException {
        return ask(settings.deadAfter(), "direct", "read_leader", "-s", area.lockspaceOf(other))
                .field("resource_name")
                .map(name -> " (" + name + ")")
                .orElse("");
    }

    private String own() {
        return area.lockspaceOf(host);
    }

    private String ioTimeout() {
        return String.valueOf(settings.ioTimeout().toSeconds());
    }

    private List<String> client() {
        return settings.runDirectory()
                .map(directory -> List.of("env", "SANLOCK_RUN_DIR=" + directory, "sanlock"))
                .orElse(List.of("sanlock"));
    }

    private Runner.Ended run(Duration limit, List<String> arguments) throws IOException {
        List<String> argv = new ArrayList<>(client());
        argv.addAll(arguments);
        return runner.run(argv, Map.of(), limit);
    }

    private Answer ask(Duration limit, String... arguments) throws IOException {
        return Answer.of(run(limit, List.of(arguments)));
    }

    /** @param code what sanlock's library answered: 0, or a negative errno or error number of its own */
    record Answer(int code, String text) {
        static Answer of(Runner.Ended ended) throws IOException {
            Optional<Integer> code = code(ended.output());
            if (code.isEmpty()) {
                throw new IOException("sanlock ended with status " + ended.status() + " and said: "
                        + (ended.output() + ended.errors()).strip());
            }
            return new Answer(code.get(), ended.output());
        }

        /** The last result among the lines of {@code text}. */
        static Optional<Integer> code(String text) {
            return RESULT.matcher(text)
                    .results()
                    .reduce((earlier, later) -> later)
                    .map(result -> Integer.valueOf(result.group(1)));
        }

        Optional<String> field(String name) {
            Matcher field = Pattern.compile("(?m)^" + name + " (\\S+)$").matcher(text);
            return field.find() ? Optional.of(field.group(1)) : Optional.empty();
        }

        @Override
        public String toString() {
            return "sanlock says " + code;
        }
    }
}
