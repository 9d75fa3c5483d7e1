package io.headroom.cluster;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A lease on shared storage, taken by {@code sanlock client command}. It ends with the last process of the keeper's
 * chain. When the host loses the storage, sanlock asks the keeper to end, then kills it, and where something of the chain
 * stays all the same, the watchdog resets the host before another host gets the lease.
 */
final class SanlockLease implements LeaseTool {
    private static final int BEING_GIVEN_BACK = -11;
    private static final int OTHER_PROCESS_OF_THIS_HOST = -17;
    /** ACQUIRE_IDLIVE, OWNED, OTHER and OWNED_RETRY: somebody has it, lives, died too short ago, or was faster. */
    private static final Set<Integer> OTHER_HOST = Set.of(-243, -244, -245, -247);

    private final Sanlock sanlock;
    private final SanlockArea.Lease lease;

    SanlockLease(Sanlock sanlock, SanlockArea.Lease lease) {
        this.sanlock = sanlock;
        this.lease = lease;
    }

    /** After this host lost the storage it has to join again, which takes its time. */
    @Override
    public List<String> holding(List<String> keeper) throws IOException {
        sanlock.join();
        return sanlock.holding(lease, keeper);
    }

    @Override
    public Optional<String> holder(int status, String words) throws IOException {
        Optional<Integer> code = Sanlock.Answer.code(words.replace("; ", "\n"));
        if (code.isEmpty()) {
            return Optional.empty();
        }
        if (code.get() == BEING_GIVEN_BACK) {
            return Optional.of("a former process of this host, host " + sanlock.host() + ", until it is given back");
        }
        if (code.get() == OTHER_PROCESS_OF_THIS_HOST) {
            return Optional.of("another process of this host, host " + sanlock.host());
        }
        return OTHER_HOST.contains(code.get()) ? Optional.of(sanlock.owner(lease)) : Optional.empty();
    }

    /** The storage itself tells. */
    @Override
    public void held() {}

    @Override
    public LeaseState look() throws IOException {
        return sanlock.look(lease);
    }

    /** sanlock ends the keeper when that is so. */
    @Override
    public Optional<String> whyLost() {
        return Optional.empty();
    }

    @Override
    public String toString() {
        return sanlock.area().resource(lease);
    }
}
