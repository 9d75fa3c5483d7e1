package io.headroom.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.cluster.Formation.Order;
import io.headroom.model.Moment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Three nodes that start at any time, over a network that lets some of them meet; one storage, one lease. */
class FormationSimulationTest {
    private static final Duration STEP = Duration.ofMillis(250);
    private static final int STEPS = 400;
    private static final int NODES = 3;
    private static final int STEPS_FROM_FORMING_TO_BEATING = 8;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void anySeed_oneNodeForms_andWhoCanReachItJoins(int hundred) {
        for (int seed = hundred * 100; seed < hundred * 100 + 100; seed++) {
            run(seed);
        }
    }

    private static void run(int seed) {
        World world = new World(new Random(seed));
        for (int step = 0; step < STEPS; step++) {
            world.step(step);
            assertThat(world.formers)
                    .as("seed %d, step %d: nodes that formed", seed, step)
                    .hasSizeLessThanOrEqualTo(1);
        }
        assertThat(world.formers).as("seed %d: a node formed", seed).hasSize(1);
        for (Node node : world.nodes) {
            boolean reaches = world.members.stream().anyMatch(member -> world.meet[node.host][member]);
            assertThat(world.members.contains(node.host))
                    .as("seed %d: node %d is in where it reaches a member", seed, node.host)
                    .isEqualTo(reaches);
        }
    }

    private static final class Node {
        final int host;
        final int startsAt;
        final Peers peers = new Peers(Duration.ofSeconds(30));
        Formation formation;
        List<String> contacts = List.of();
        int leaseAnswerAt = -1;

        Node(int host, int startsAt) {
            this.host = host;
            this.startsAt = startsAt;
        }

        String address() {
            return "n" + host + ":1";
        }
    }

    private static final class World {
        final Random random;
        final List<Node> nodes = new ArrayList<>();
        final boolean[][] meet = new boolean[NODES][NODES];
        final Set<Integer> members = new HashSet<>();
        final Set<Integer> formers = new HashSet<>();
        int leaseHolder = -1;
        int beatsFrom = Integer.MAX_VALUE;

        World(Random random) {
            this.random = random;
            for (int host = 0; host < NODES; host++) {
                nodes.add(new Node(host, random.nextInt(60)));
                for (int other = 0; other < host; other++) {
                    meet[host][other] = random.nextInt(4) > 0;
                    meet[other][host] = meet[host][other];
                }
                meet[host][host] = true;
            }
        }

        void step(int step) {
            Moment now = new Moment(STEP.toNanos() * step);
            List<Node> order = new ArrayList<>(nodes);
            java.util.Collections.shuffle(order, random);
            for (Node node : order) {
                if (step >= node.startsAt && random.nextInt(4) > 0) {
                    act(node, step, now);
                }
            }
        }

        private void act(Node node, int step, Moment now) {
            if (node.formation == null) {
                node.formation = new Formation(node.address(), List.of(), Duration.ofSeconds(5), now);
            }
            look(node, step, now);
            joinIfAnybodyAnswers(node);
            if (node.leaseAnswerAt >= 0 && step >= node.leaseAnswerAt) {
                node.leaseAnswerAt = -1;
                if (leaseHolder < 0) {
                    leaseHolder = node.host;
                }
                node.formation.leaseAnswered(leaseHolder == node.host);
            }
            boolean member = members.contains(node.host);
            Order order = node.formation.next(new Formation.Sight(now, member, memberAddresses(), node.peers));
            if (order instanceof Order.Join join) {
                node.contacts = join.contacts();
            } else if (order instanceof Order.TakeLease) {
                node.leaseAnswerAt = step + random.nextInt(6);
            } else if (order instanceof Order.Form) {
                members.add(node.host);
                formers.add(node.host);
                beatsFrom = step + STEPS_FROM_FORMING_TO_BEATING;
            } else if (order instanceof Order.GiveLeaseBack) {
                leaseHolder = leaseHolder == node.host ? -1 : leaseHolder;
            } else {
                assertThat(order).isEqualTo(new Order.Wait());
            }
        }

        private void look(Node node, int step, Moment now) {
            List<io.headroom.mailbox.OutgoingBlock> changed = new ArrayList<>();
            for (Node other : nodes) {
                if (step >= other.startsAt) {
                    changed.add(Blocks.of(other.host + 1, step / 40, other.address()));
                }
            }
            node.peers.looked(
                    now,
                    step < beatsFrom
                            ? Optional.empty()
                            : Optional.of(Blocks.header(
                                    1,
                                    step,
                                    leaseHolder + 1,
                                    nodes.get(leaseHolder).address())),
                    changed);
        }

        private void joinIfAnybodyAnswers(Node node) {
            boolean answered = members.stream()
                    .anyMatch(member -> meet[node.host][member]
                            && node.contacts.contains(nodes.get(member).address()));
            if (answered && random.nextBoolean()) {
                members.add(node.host);
            }
        }

        private Set<String> memberAddresses() {
            Set<String> addresses = new HashSet<>();
            members.forEach(member -> addresses.add(nodes.get(member).address()));
            return addresses;
        }
    }
}
