package io.headroom.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TallyTest {
    @Test
    void severalWorlds_areCountedOnceEach_andEveryTimeItHappened() {
        Tally first = new Tally();
        first.count("exhaustion");
        first.count("exhaustion");
        Tally second = new Tally();
        second.count("exhaustion");
        Tally all = new Tally();

        all.add(first);
        all.add(second);
        all.add(new Tally());

        assertThat(all.worldsWith("exhaustion")).isEqualTo(2);
        assertThat(all).hasToString("seeds with exhaustion: 2 (3 times)\n");
    }

    @Test
    void nothingCounted_isNoWorld() {
        assertThat(new Tally().worldsWith("exhaustion")).isZero();
        assertThat(new Tally().seen()).isEmpty();
    }
}
