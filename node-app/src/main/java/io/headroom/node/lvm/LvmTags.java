package io.headroom.node.lvm;

import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.port.Tenure.State;
import io.headroom.port.Tenure.Volume;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What Headroom writes into LVM's metadata beside the sizes, as tags:
 *
 * <pre>
 *   on the group    headroom.creating          until the pool stands, then
 *                   headroom.pool
 *                   headroom.epoch=N           the latest tenure
 *                   headroom.joining=UUID      of a physical volume that is about to become one of the group
 *   on a volume     headroom.unfinished        until its image stands, then
 *                   headroom.virtual=BYTES     what its guest sees
 *                   headroom.limit=BYTES       the most that it may ever have
 *                   headroom.host=N            a host that may use it, one or two, or none
 *                   headroom.condemned         its deletion was decided
 * </pre>
 *
 * <p>A logical volume without any of them is none of ours.
 */
final class LvmTags {
    static final String CREATING = "headroom.creating";
    static final String POOL = "headroom.pool";
    static final String UNFINISHED = "headroom.unfinished";
    static final String CONDEMNED = "headroom.condemned";

    private static final String JOINING = "headroom.joining=";
    private static final String EPOCH = "headroom.epoch=";
    private static final String VIRTUAL = "headroom.virtual=";
    private static final String LIMIT = "headroom.limit=";
    private static final String HOST = "headroom.host=";

    private LvmTags() {}

    /**
     * The volume that a logical volume is; empty where it is none of ours.
     *
     * @throws IllegalArgumentException where the tags are damaged, naming the volume and what to do
     */
    static Optional<Volume> volume(LvmGroup.Logical logical) {
        Set<String> tags = logical.tags();
        boolean unfinished = tags.contains(UNFINISHED);
        boolean condemned = tags.contains(CONDEMNED);
        if (!unfinished && !condemned && values(tags, VIRTUAL).isEmpty()) {
            return Optional.empty();
        }
        try {
            State state = condemned ? State.CONDEMNED : unfinished ? State.UNFINISHED : State.READY;
            Set<HostId> hosts = new HashSet<>();
            for (String host : values(tags, HOST)) {
                hosts.add(new HostId(Integer.parseInt(host)));
            }
            return Optional.of(new Volume(
                    logical.id(),
                    logical.name(),
                    logical.size(),
                    size(tags, VIRTUAL, state),
                    size(tags, LIMIT, state),
                    state,
                    hosts));
        } catch (ArithmeticException | IllegalArgumentException damaged) {
            throw new IllegalArgumentException(
                    "the tags of volume " + logical.name() + " are damaged (" + damaged.getMessage() + "): " + tags
                            + "; until they are put right with lvchange --deltag and --addtag it does not grow",
                    damaged);
        }
    }

    /** @throws IllegalArgumentException where the tag is damaged */
    static Epoch epoch(Collection<String> tags) {
        return values(tags, EPOCH).stream()
                .map(text -> new Epoch(Long.parseLong(text)))
                .max(Epoch::compareTo)
                .orElse(Epoch.NONE);
    }

    static String epoch(Epoch epoch) {
        return EPOCH + epoch;
    }

    static List<String> epochs(Collection<String> tags) {
        return with(tags, EPOCH);
    }

    static String joining(String physical) {
        return JOINING + physical;
    }

    /** The physical volumes whose addition was begun, and whose group may not have them. */
    static Set<String> joining(Collection<String> tags) {
        return new TreeSet<>(values(tags, JOINING));
    }

    static String virtual(Bytes size) {
        return VIRTUAL + size.value();
    }

    static List<String> virtuals(Collection<String> tags) {
        return with(tags, VIRTUAL);
    }

    static String limit(Bytes limit) {
        return LIMIT + limit.value();
    }

    static List<String> limits(Collection<String> tags) {
        return with(tags, LIMIT);
    }

    /** Those that tell of the image. */
    static List<String> images(Collection<String> tags) {
        return tags.stream()
                .filter(tag -> tag.startsWith(VIRTUAL) || tag.startsWith(LIMIT) || tag.equals(UNFINISHED))
                .sorted()
                .toList();
    }

    static List<String> hosts(Collection<HostId> hosts) {
        return hosts.stream().sorted().map(host -> HOST + host).toList();
    }

    static List<String> assignments(Collection<String> tags) {
        return with(tags, HOST);
    }

    static Set<String> replaced(Collection<String> tags, Collection<String> gone, Collection<String> added) {
        Set<String> replaced = new HashSet<>(tags);
        replaced.removeAll(gone);
        replaced.addAll(added);
        return replaced;
    }

    private static List<String> with(Collection<String> tags, String prefix) {
        return tags.stream().filter(tag -> tag.startsWith(prefix)).sorted().toList();
    }

    private static List<String> values(Collection<String> tags, String prefix) {
        return with(tags, prefix).stream()
                .map(tag -> tag.substring(prefix.length()))
                .toList();
    }

    /** One that is not ready yet, or was never, may lack it. */
    private static Bytes size(Collection<String> tags, String prefix, State state) {
        List<String> found = values(tags, prefix);
        if (found.size() > 1 || found.isEmpty() && state == State.READY) {
            throw new IllegalArgumentException(found.size() + " of " + prefix);
        }
        return found.isEmpty() ? Bytes.ZERO : Bytes.of(Long.parseLong(found.get(0)));
    }
}
