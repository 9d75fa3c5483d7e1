package io.headroom.node.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.model.VmName;
import io.headroom.node.qemu.MonitorSighting.Found;
import io.headroom.node.qemu.MonitorSighting.Gone;
import io.headroom.node.qemu.MonitorSighting.Refused;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class MonitorCensusTest {
    private static final Path RUN = Path.of("run");

    private final MonitorCensus census = new MonitorCensus(Map.of(new VmName("named"), Path.of("elsewhere.qmp")));

    @Test
    void newSocket_isFoundOnceByItsNameWithoutTheEnding() {
        assertThat(count("a.qmp", "b.sock", "c.d"))
                .containsExactly(found("a", "a.qmp"), found("b", "b.sock"), found("c.d", "c.d"));
        assertThat(count("a.qmp", "b.sock", "c.d")).isEmpty();
    }

    @Test
    void vanishedSocket_isGoneAndCanComeBack() {
        count("a.qmp", "b.qmp");

        assertThat(count("b.qmp")).containsExactly(new Gone(new VmName("a"), RUN.resolve("a.qmp")));
        assertThat(count("a.qmp", "b.qmp")).containsExactly(found("a", "a.qmp"));
    }

    @Test
    void nameThatNoVmMayHave_isRefusedOnceWithWhatIsAllowed() {
        assertThat(count("-rf.qmp")).singleElement().isInstanceOfSatisfying(Refused.class, refused -> {
            assertThat(refused.socket()).isEqualTo(RUN.resolve("-rf.qmp"));
            assertThat(refused.reason()).contains("\"-rf\"", "letters, digits", "rename");
        });
        assertThat(count("-rf.qmp")).isEmpty();
        assertThat(count()).isEmpty();
        assertThat(count("-rf.qmp")).hasSize(1);
    }

    @Test
    void secondSocketOfAVm_isRefusedAndTakenWhenTheFirstIsGone() {
        assertThat(count("a.qmp", "a.sock"))
                .satisfiesExactly(
                        first -> assertThat(first).isEqualTo(found("a", "a.qmp")),
                        second -> assertThat(second.toString()).contains("VM a is reached through", "one socket"));

        assertThat(count("a.sock"))
                .containsExactly(new Gone(new VmName("a"), RUN.resolve("a.qmp")), found("a", "a.sock"));
    }

    @Test
    void socketOfAConfiguredVm_isRefused() {
        assertThat(count("named.qmp").toString()).contains("VM named is reached through elsewhere.qmp");
    }

    @Test
    void moreSocketsThanAllowed_areRefused() {
        String[] names = IntStream.rangeClosed(0, MonitorCensus.MONITORS)
                .mapToObj(i -> "vm" + i)
                .toArray(String[]::new);

        assertThat(count(names)).filteredOn(Refused.class::isInstance).hasSize(1);
    }

    private List<MonitorSighting> count(String... names) {
        return census.count(new TreeSet<>(Stream.of(names).map(RUN::resolve).toList()));
    }

    private static Found found(String vm, String file) {
        return new Found(new VmName(vm), RUN.resolve(file));
    }
}
