package io.headroom.spm;

import io.headroom.mailbox.IncomingBlock;
import io.headroom.model.HostId;
import io.headroom.model.Moment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Brings the replies to the storage, and sees to it that they stay there. A host whose incoming block the storage does
 * not take is <em>put off</em>: it is not served for a pause, a longer one after each failure, so that one bad sector
 * does not hold up the pool. Its last word is written when the storage takes it again.
 */
final class Delivery {
    static final Duration SHORTEST_PAUSE = Spm.RETRY;
    static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    private record PutOff(String cause, Duration pause, Moment until) {}

    private final Steps steps;
    private final Map<HostId, PutOff> putOff = new TreeMap<>();
    private int compared;

    Delivery(Steps steps) {
        this.steps = steps;
    }

    /** @param then follows in any case: what could not be written now is written later */
    void deliver(IncomingBlock block, Runnable then) {
        steps.attempt(
                new Spm.Answer(block),
                written -> {
                    delivered(block.host());
                    steps.also(new Spm.Ring(block.host()));
                    then.run();
                },
                cause -> {
                    failed(block.host(), "written: " + cause);
                    then.run();
                });
    }

    boolean isPutOff(HostId host) {
        return putOff.containsKey(host);
    }

    /** Whether a pause is over. */
    boolean isDue() {
        return due().isPresent();
    }

    private Optional<HostId> due() {
        return putOff.entrySet().stream()
                .filter(host -> !steps.now().isBefore(host.getValue().until()))
                .map(Map.Entry::getKey)
                .findFirst();
    }

    /** @param words the last word to every host with a standing slot; without one there is nothing to bring */
    void tryAgain(List<IncomingBlock> words) {
        HostId host = due().orElseThrow();
        List<IncomingBlock> owed =
                words.stream().filter(word -> word.host().equals(host)).toList();
        if (owed.isEmpty()) {
            putOff.remove(host);
        }
        steps.forAll(owed.iterator(), this::compare, () -> {});
    }

    /** Compares some of the words with what stands there, others the next time. */
    void compareSome(List<IncomingBlock> words) {
        List<IncomingBlock> some = new ArrayList<>();
        for (int word = 0; word < Math.min(words.size(), Spm.COMPARED_PER_SCAN); word++) {
            some.add(words.get((compared + word) % words.size()));
        }
        compared = words.isEmpty() ? 0 : (compared + some.size()) % words.size();
        some.removeIf(word -> isPutOff(word.host()));
        steps.forAll(some.iterator(), this::compare, () -> {});
    }

    /** A former SPM may have written over our last word; a host believes what stands there. */
    private void compare(IncomingBlock word, Runnable then) {
        steps.attempt(
                new Spm.ReadStanding(word.host(), word.index()),
                (Optional<IncomingBlock> stands) -> {
                    if (stands.equals(Optional.of(word))) {
                        delivered(word.host());
                        then.run();
                    } else {
                        steps.note("the mail for host " + word.host() + " was not ours; it is written again");
                        deliver(word, then);
                    }
                },
                cause -> {
                    // Writing a bad sector mends it; where it does not, the host is put off.
                    steps.note(
                            "the mail for host " + word.host() + " cannot be read: " + cause + "; it is written again");
                    deliver(word, then);
                });
    }

    private void delivered(HostId host) {
        if (putOff.remove(host) != null) {
            steps.note("the storage takes the mail for host " + host + " again");
        }
    }

    private void failed(HostId host, String cause) {
        PutOff before = putOff.get(host);
        Duration pause = before == null ? SHORTEST_PAUSE : before.pause().multipliedBy(2);
        pause = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
        putOff.put(host, new PutOff(cause, pause, steps.now().plus(pause)));
        steps.note("the mail for host " + host + " cannot be " + cause + "; again in " + pause.toMillis() + " ms");
    }

    /** One sentence for each host that is put off. */
    List<String> problems() {
        return putOff.entrySet().stream()
                .map(host -> "the mail for host " + host.getKey() + " cannot be "
                        + host.getValue().cause() + "; it is tried again at least every " + LONGEST_PAUSE.toSeconds()
                        + " s, the other hosts are served; check the storage under the mailbox")
                .toList();
    }
}
