package io.headroom.node.lvm;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.model.Bytes;
import io.headroom.node.lvm.LvmCommand.Side;
import io.headroom.node.process.DirectRunner;
import io.headroom.port.Tenure.Change;
import io.headroom.rig.LoopPool;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What runs outside the lease leaves the group's metadata as they are. */
class LvmClosedListTest {
    @TempDir
    Path directory;

    private LoopPool pool;

    @BeforeEach
    void makePool() throws IOException {
        pool = new LoopPool(directory, List.of(64L)).createByHand(Bytes.mebi(4), "64k");
        pool.metadata().change(new Change.Create("a", Bytes.mebi(8), Bytes.mebi(100)));
    }

    @AfterEach
    void removePool() throws IOException {
        pool.close();
    }

    /** Without device-mapper a host's command may fail; with the other configuration it runs to its end. */
    @ParameterizedTest
    @EnumSource(names = {"METADATA", "HOST"})
    void tablesOfAHost_areMadeWithoutAChangeOfTheMetadata(Side side) throws IOException {
        LvmCommands commands = pool.pool().commands();
        for (LvmCommand command : List.of(commands.activate("a"), commands.refresh("a"), commands.deactivate("a"))) {
            long before = pool.sequence();
            Lvm.Answer answer = lvm().run(new LvmCommand(side, command.argv()));

            assertThat(pool.sequence()).as("%s %s", command, answer).isEqualTo(before);
            if (side == Side.METADATA) {
                assertThat(answer).as("%s", command).isInstanceOf(Lvm.Answer.Done.class);
            }
        }
    }

    @Test
    void reports_changeNothing() throws IOException {
        long before = pool.sequence();

        lvm().require(pool.pool().commands().report());
        lvm().require(LvmCommands.candidates());

        assertThat(pool.sequence()).isEqualTo(before);
    }

    @Test
    void whatChangesTheMetadata_isSeenByThisTest() throws IOException {
        long before = pool.sequence();

        lvm().require(pool.pool().commands().tag("a", List.of(), List.of("headroom.host=1")));

        assertThat(pool.sequence()).isGreaterThan(before);
    }

    private Lvm lvm() {
        return pool.pool().lvm(new DirectRunner());
    }
}
