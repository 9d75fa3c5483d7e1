package io.headroom.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.cluster.Succession.Order;
import io.headroom.model.Moment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SuccessionTest {
    private final List<String> byAge = new ArrayList<>(List.of("a", "b", "c", "d"));
    private long second;

    @Test
    void toWhoeverIsNext_theOldestLeaves() {
        Succession succession = new Succession(byAge, Optional.empty());

        assertThat(next(succession)).isEqualTo(new Order.Renew("a"));
        renewed("a");
        assertThat(next(succession)).isEqualTo(new Order.Arrived());
    }

    @Test
    void toTheLast_thoseBetweenLeaveFirst_andTheSpmLast() {
        Succession succession = new Succession(byAge, Optional.of("d"));

        assertThat(next(succession)).isEqualTo(new Order.Renew("b"));
        renewed("b");
        assertThat(next(succession)).isEqualTo(new Order.Renew("c"));
        renewed("c");
        assertThat(next(succession)).isEqualTo(new Order.Renew("a"));
        byAge.remove("a");
        assertThat(next(succession)).isEqualTo(new Order.Arrived());
    }

    @Test
    void whileOneIsAway_nobodyElseLeaves() {
        Succession succession = new Succession(byAge, Optional.of("d"));
        next(succession);
        byAge.remove("b");

        assertThat(next(succession)).isEqualTo(new Order.Wait());
        byAge.clear();
        assertThat(next(succession)).as("while the one who looks is away").isEqualTo(new Order.Wait());
    }

    @Test
    void whoWasToldAndStays_isToldAgainLater() {
        Succession succession = new Succession(byAge, Optional.empty());
        next(succession);

        assertThat(next(succession)).isEqualTo(new Order.Wait());
        second += Succession.PATIENCE.toSeconds();
        assertThat(next(succession)).isEqualTo(new Order.Renew("a"));
    }

    @Test
    void roleThatIsThereAlready_hasArrived() {
        assertThat(next(new Succession(byAge, Optional.of("a")))).isEqualTo(new Order.Arrived());
    }

    @Test
    void wantedOneThatDies_isWaitedFor() {
        Succession succession = new Succession(byAge, Optional.of("d"));
        byAge.remove("d");

        assertThat(next(succession)).isEqualTo(new Order.Wait());
    }

    private Order next(Succession succession) {
        return succession.next(new Moment(Duration.ofSeconds(second++).toNanos()), List.copyOf(byAge));
    }

    private void renewed(String member) {
        byAge.remove(member);
        byAge.add(member);
    }
}
