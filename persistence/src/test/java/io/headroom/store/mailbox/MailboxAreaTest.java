package io.headroom.store.mailbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headroom.mailbox.Damage;
import io.headroom.mailbox.Header;
import io.headroom.mailbox.IncomingBlock;
import io.headroom.mailbox.OutgoingBlock;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.LogPosition;
import io.headroom.model.PoolId;
import io.headroom.port.HeaderStore;
import io.headroom.port.HostMail;
import io.headroom.port.PoolLog;
import io.headroom.port.SpmMail;
import io.headroom.store.block.BlockDevice;
import io.headroom.store.block.FaultyChannel;
import io.headroom.store.event.PoolEventCodec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MailboxAreaTest {
    /** Direct, with a limit longer than a disk is busy with other things. */
    private static final BlockDevice.Settings DIRECT = new BlockDevice.Settings(true, Duration.ofMinutes(5), 256);

    private static final PoolId POOL = new PoolId("pool-a");
    private static final Layout LAYOUT = new Layout(400, 4, 16);
    private static final HostId HOST = new HostId(7);
    private static final HostId LAST_HOST = new HostId(400);
    private static final SpmMail.Collected NOTHING = new SpmMail.Collected(List.of(), List.of());

    @TempDir
    private Path directory;

    private final RandomRecords records = new RandomRecords(POOL, 1);
    private Path path;
    private BlockDevice device;
    private MailboxArea area;

    @BeforeEach
    void createArea() throws IOException {
        path = directory.resolve("mailbox");
        device = BlockDevice.openOrCreate(path, DIRECT);
        area = done(MailboxArea.create(device, new Identity(POOL, LAYOUT)));
    }

    @AfterEach
    void closeDevice() throws IOException {
        device.close();
    }

    @Test
    void created_isOpenedWithItsGeometryAndIsEmpty() throws IOException {
        MailboxArea opened = done(MailboxArea.open(device, POOL));

        assertThat(opened.identity()).isEqualTo(new Identity(POOL, LAYOUT));
        assertThat(Files.size(path)).isEqualTo(LAYOUT.size().value());
        assertThat(done(opened.spmMail().scan())).isEqualTo(NOTHING);
        assertThat(done(opened.headerStore().read()))
                .isEqualTo(new HeaderStore.Found(Optional.empty(), Optional.empty()));
        assertThat(done(opened.hostMail(HOST).read(16)))
                .isEqualTo(new HostMail.Arrived(Optional.empty(), List.of(), List.of()));
        assertThat(done(opened.hostMail(HOST).previous()))
                .isEqualTo(new HostMail.Left(Optional.empty(), Optional.empty()));
    }

    @Test
    void createdTwice_isRefusedAndChangesNothing() {
        OutgoingBlock block = records.outgoing(HOST, 0, 1);
        done(area.hostMail(HOST).post(block));

        assertThatThrownBy(() -> done(MailboxArea.create(device, new Identity(new PoolId("pool-b"), LAYOUT))))
                .hasRootCauseInstanceOf(UnusableAreaException.class)
                .hasMessageContaining("has the mailbox of pool pool-a already");
        assertThat(done(area.spmMail().scan()).blocks()).containsExactly(block);
    }

    @Test
    void createdOverOtherData_isRefusedAndChangesNothing() throws IOException {
        Path other = directory.resolve("other");
        byte[] data = "somebody's file system".repeat(400).getBytes(StandardCharsets.US_ASCII);
        Files.write(other, data);
        try (BlockDevice taken = BlockDevice.open(other, DIRECT)) {
            assertThatThrownBy(() -> done(MailboxArea.create(taken, new Identity(POOL, LAYOUT))))
                    .hasMessageContaining("is not empty")
                    .hasMessageContaining("zero its first 4096 bytes");
        }
        assertThat(Files.readAllBytes(other)).isEqualTo(data);
    }

    @Test
    void createdOnAnUnfinishedOne_zeroesWhatStandsThere() throws IOException {
        done(area.hostMail(HOST).post(records.outgoing(HOST, 0, 1)));
        done(device.write(Layout.IDENTITY, ByteBuffer.allocate(BlockDevice.BLOCK)));

        MailboxArea anew = done(MailboxArea.create(device, new Identity(POOL, LAYOUT)));

        assertThat(done(anew.spmMail().scan())).isEqualTo(NOTHING);
    }

    @Test
    void openedForAnotherPool_namesBoth() {
        assertThatThrownBy(() -> done(MailboxArea.open(device, new PoolId("pool-b"))))
                .hasRootCauseInstanceOf(UnusableAreaException.class)
                .hasMessageContaining(path + " has the mailbox of pool pool-a, not of pool-b");
    }

    @Test
    void openedWhereNoneIs_saysSo() throws IOException {
        try (BlockDevice empty = BlockDevice.openOrCreate(directory.resolve("empty"), DIRECT)) {
            assertThatThrownBy(() -> done(MailboxArea.open(empty, POOL)))
                    .hasMessageContaining("has no mailbox; create the pool first");
        }
    }

    @Test
    void openedWithADamagedIdentity_saysWhatIsWrong() {
        ByteBuffer identity = IdentityCodec.encode(area.identity()).put(100, (byte) 1);
        done(device.write(Layout.IDENTITY, identity));

        assertThatThrownBy(() -> done(MailboxArea.open(device, POOL))).hasMessageContaining("block 0: torn or damaged");
    }

    @Test
    void openedWhereItIsCutOff_saysHowMuchIsThere() throws IOException {
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.WRITE)) {
            file.truncate(100L * BlockDevice.BLOCK);
        }
        assertThatThrownBy(() -> done(MailboxArea.open(device, POOL)))
                .hasMessageContaining("ends after 100 blocks of 4096 bytes, the mailbox on it has " + LAYOUT.blocks());
    }

    @Test
    void postedBlock_isScannedOnce() {
        SpmMail spm = area.spmMail();
        OutgoingBlock block = records.outgoing(HOST, 0, 1);
        done(area.hostMail(HOST).post(block));

        assertThat(done(spm.scan())).isEqualTo(new SpmMail.Collected(List.of(block), List.of()));
        assertThat(done(spm.scan())).isEqualTo(NOTHING);
        assertThat(done(area.spmMail().scan()).blocks()).as("a new reader").containsExactly(block);
        assertThat(done(area.hostMail(HOST).previous()).block()).contains(block);
    }

    @Test
    void furtherBlocks_areScannedAsFarAsTheyAreInUse() {
        SpmMail spm = area.spmMail();
        HostMail host = area.hostMail(HOST);
        List<OutgoingBlock> blocks =
                List.of(records.outgoing(HOST, 0, 3), records.outgoing(HOST, 1, 3), records.outgoing(HOST, 2, 3));
        blocks.forEach(block -> done(host.post(block)));
        done(host.post(records.outgoing(HOST, 3, 4)));

        assertThat(done(spm.scan()).blocks()).isEqualTo(blocks);
        OutgoingBlock changed = records.outgoing(HOST, 2, 3);
        done(host.post(changed));
        assertThat(done(spm.scan()).blocks()).containsExactly(changed);
    }

    @Test
    void collect_readsThatHostAlone() {
        SpmMail spm = area.spmMail();
        OutgoingBlock ours = records.outgoing(HOST, 0, 2);
        OutgoingBlock oursToo = records.outgoing(HOST, 1, 2);
        OutgoingBlock another = records.outgoing(LAST_HOST, 0, 1);
        done(area.hostMail(HOST).post(ours));
        done(area.hostMail(HOST).post(oursToo));
        done(area.hostMail(LAST_HOST).post(another));

        assertThat(done(spm.collect(HOST)).blocks()).containsExactly(ours, oursToo);
        assertThat(done(spm.scan()).blocks()).containsExactly(another);
    }

    @Test
    void theLastHostOfThePoolIsServedLikeTheFirst() {
        OutgoingBlock first = records.outgoing(new HostId(1), 0, 1);
        OutgoingBlock last = records.outgoing(LAST_HOST, 0, 1);
        IncomingBlock answer = records.incoming(LAST_HOST, 0);
        done(area.hostMail(new HostId(1)).post(first));
        done(area.hostMail(LAST_HOST).post(last));
        done(area.spmMail().answer(answer));

        assertThat(done(area.spmMail().scan()).blocks()).containsExactly(first, last);
        assertThat(done(area.hostMail(LAST_HOST).read(1)).blocks()).containsExactly(answer);
    }

    @Test
    void aBadReadRepeatsNothing() {
        SpmMail spm = area.spmMail();
        OutgoingBlock block = records.outgoing(HOST, 0, 1);
        OutgoingBlock neighbour = records.outgoing(new HostId(8), 0, 1);
        done(area.hostMail(HOST).post(block));
        done(spm.scan());
        done(device.write(LAYOUT.outgoing(HOST, 0), OutgoingCodec.encode(block).put(999, (byte) 1)));
        done(area.hostMail(new HostId(8)).post(neighbour));

        SpmMail.Collected collected = done(spm.scan());
        assertThat(collected.blocks()).containsExactly(neighbour);
        assertThat(collected.damages()).extracting(Damage::block).containsExactly("outgoing 7/0");
        assertThat(done(spm.scan()))
                .as("still damaged")
                .isEqualTo(new SpmMail.Collected(List.of(), collected.damages()));

        done(area.hostMail(HOST).post(block));
        assertThat(done(spm.scan())).as("healed as it was").isEqualTo(NOTHING);
    }

    @Test
    void blockWrittenToAnothersPlace_isDamageThere() {
        OutgoingBlock block = records.outgoing(HOST, 0, 1);
        done(device.write(LAYOUT.outgoing(new HostId(8), 0), OutgoingCodec.encode(block)));

        assertThat(done(area.spmMail().scan()))
                .isEqualTo(new SpmMail.Collected(
                        List.of(), List.of(new Damage("outgoing 8/0", "misplaced: it says that it is outgoing 7/0"))));
    }

    @Test
    void scanThatFailsHalfWay_losesNoNews() throws IOException {
        FaultyChannel channel = faultyChannel();
        try (BlockDevice faulty = channel.device(DIRECT)) {
            SpmMail spm = done(MailboxArea.open(faulty, POOL)).spmMail();
            OutgoingBlock early = records.outgoing(HOST, 0, 1);
            OutgoingBlock late = records.outgoing(LAST_HOST, 0, 1);
            done(area.hostMail(HOST).post(early));
            done(area.hostMail(LAST_HOST).post(late));

            channel.failFrom(BlockDevice.CHUNK);
            assertThatThrownBy(() -> done(spm.scan())).hasRootCauseMessage("Input/output error");
            channel.failFrom(Long.MAX_VALUE);

            assertThat(done(spm.scan()).blocks()).containsExactly(early, late);
        }
    }

    @Test
    void blockThatCannotBeRead_isTheAffairOfItsHostAlone() throws IOException {
        FaultyChannel channel = faultyChannel();
        try (BlockDevice faulty = channel.device(DIRECT)) {
            MailboxArea seen = done(MailboxArea.open(faulty, POOL));
            SpmMail spm = seen.spmMail();
            HostId neighbour = new HostId(8);
            OutgoingBlock lost = records.outgoing(HOST, 0, 1);
            OutgoingBlock further = records.outgoing(neighbour, 1, 2);
            done(area.hostMail(HOST).post(lost));
            done(area.hostMail(neighbour).post(records.outgoing(neighbour, 0, 2)));
            done(area.hostMail(neighbour).post(further));
            channel.spoil(LAYOUT.outgoing(HOST, 0));
            channel.spoil(LAYOUT.outgoing(neighbour, 1));

            SpmMail.Collected collected = done(spm.scan());
            assertThat(collected.blocks()).extracting(OutgoingBlock::host).containsExactly(neighbour);
            assertThat(collected.damages()).extracting(Damage::block).containsExactly("outgoing 7/0", "outgoing 8/1");
            assertThat(collected.damages().get(0).cause())
                    .contains("the mail of host 7 cannot be read", "offset", "Input/output error");
            assertThat(done(spm.collect(neighbour)).blocks()).isEmpty();
            assertThat(done(spm.collect(HOST)).damages())
                    .as("told until it is mended")
                    .hasSize(2);

            done(seen.hostMail(HOST).post(lost));
            done(seen.hostMail(neighbour).post(further));
            assertThat(lookUntilAllIsWell(spm)).containsExactlyInAnyOrder(lost, further);
        }
    }

    private static List<OutgoingBlock> lookUntilAllIsWell(SpmMail spm) {
        List<OutgoingBlock> found = new ArrayList<>();
        for (int look = 0; look < PassableBlocks.LONGEST_PAUSE + 1; look++) {
            SpmMail.Collected collected = done(spm.scan());
            found.addAll(collected.blocks());
            if (collected.damages().isEmpty()) {
                return found;
            }
        }
        throw new AssertionError("still damaged");
    }

    @Test
    void blockThatCannotBeRead_isTriedEverMoreSeldom() throws IOException {
        FaultyChannel channel = faultyChannel();
        try (BlockDevice faulty = channel.device(DIRECT)) {
            SpmMail spm = done(MailboxArea.open(faulty, POOL)).spmMail();
            channel.spoil(LAYOUT.outgoing(HOST, 0));

            int looks = 20 * PassableBlocks.LONGEST_PAUSE;
            for (int look = 0; look < looks; look++) {
                assertThat(done(spm.scan()).damages()).hasSize(1);
            }

            assertThat(channel.failed())
                    .as("failed reads in %d looks", looks)
                    .isBetween(2 * 9, 2 * (looks / PassableBlocks.LONGEST_PAUSE + 5));
        }
    }

    @Test
    void hostThatRingsAfterItMendedItsBlock_isReadSoon() throws IOException {
        FaultyChannel channel = faultyChannel();
        try (BlockDevice faulty = channel.device(DIRECT)) {
            MailboxArea seen = done(MailboxArea.open(faulty, POOL));
            SpmMail spm = seen.spmMail();
            channel.spoil(LAYOUT.outgoing(HOST, 0));
            for (int look = 0; look < 5 * PassableBlocks.LONGEST_PAUSE; look++) {
                done(spm.scan());
            }
            OutgoingBlock posted = records.outgoing(HOST, 0, 1);
            done(seen.hostMail(HOST).post(posted));

            List<OutgoingBlock> found = new ArrayList<>(done(spm.collect(HOST)).blocks());
            found.addAll(done(spm.collect(HOST)).blocks());
            assertThat(found).containsExactly(posted);
        }
    }

    @Test
    void hostWhoseOwnBlocksCannotBeRead_isToldSoAndGoesOn() throws IOException {
        FaultyChannel channel = faultyChannel();
        try (BlockDevice faulty = channel.device(DIRECT)) {
            HostMail host = done(MailboxArea.open(faulty, POOL)).hostMail(HOST);
            IncomingBlock second = records.incoming(HOST, 1);
            done(area.spmMail().answer(second));
            channel.spoil(LAYOUT.outgoing(HOST, 0));
            channel.spoil(LAYOUT.incoming(HOST, 0));

            HostMail.Left left = done(host.previous());
            assertThat(left.block()).isEmpty();
            assertThat(left.damage().orElseThrow().cause()).contains("cannot be read", "Input/output error");
            HostMail.Arrived arrived = done(host.read(2));
            assertThat(arrived.blocks()).containsExactly(second);
            assertThat(arrived.damages()).extracting(Damage::block).containsExactly("incoming 7/0");

            channel.failFrom(0);
            assertThatThrownBy(() -> done(host.previous())).hasRootCauseMessage("Input/output error");
        }
    }

    @Test
    void deviceThatReadsNothing_failsTheScan() throws IOException {
        FaultyChannel channel = faultyChannel();
        try (BlockDevice faulty = channel.device(DIRECT)) {
            SpmMail spm = done(MailboxArea.open(faulty, POOL)).spmMail();
            OutgoingBlock posted = records.outgoing(HOST, 0, 1);
            done(area.hostMail(HOST).post(posted));

            channel.failFrom(0);
            assertThatThrownBy(() -> done(spm.scan())).hasRootCauseMessage("Input/output error");
            assertThat(channel.failed()).as("it is not asked block by block").isLessThan(5);
            channel.failFrom(Long.MAX_VALUE);

            assertThat(done(spm.scan())).isEqualTo(new SpmMail.Collected(List.of(posted), List.of()));
        }
    }

    @Test
    void secondScanBeforeTheFirstIsDone_isAFaultOfTheCaller() throws IOException {
        FaultyChannel channel = faultyChannel();
        try (BlockDevice slow = channel.device(DIRECT)) {
            SpmMail spm = done(MailboxArea.open(slow, POOL)).spmMail();
            channel.hang();
            CompletionStage<SpmMail.Collected> first = spm.scan();

            assertThatThrownBy(spm::scan).isInstanceOf(IllegalStateException.class);
            channel.answer();

            assertThat(done(first)).isEqualTo(NOTHING);
            assertThat(done(spm.scan())).isEqualTo(NOTHING);
        }
    }

    @Test
    void answers_reachTheirHostAndStand() {
        SpmMail spm = area.spmMail();
        List<IncomingBlock> answers =
                List.of(records.incoming(HOST, 0), records.incoming(HOST, 1), records.incoming(HOST, 2));
        Header header = header();
        done(area.headerStore().write(header));
        answers.forEach(answer -> done(spm.answer(answer)));
        done(device.write(
                LAYOUT.incoming(HOST, 1), IncomingCodec.encode(answers.get(1)).put(400, (byte) 1)));

        HostMail.Arrived arrived = done(area.hostMail(HOST).read(3));
        assertThat(arrived.header()).contains(header);
        assertThat(arrived.blocks()).containsExactly(answers.get(0), answers.get(2));
        assertThat(arrived.damages()).extracting(Damage::block).containsExactly("incoming 7/1");
        assertThat(done(area.hostMail(HOST).read(0)).blocks()).isEmpty();
        assertThat(done(spm.standing(HOST, 2))).contains(answers.get(2));
        assertThat(done(spm.standing(HOST, 1))).as("damaged").isEmpty();
        assertThat(done(spm.standing(HOST, 5))).as("never written").isEmpty();
    }

    @Test
    void damagedHeader_isToldAndNotBelieved() {
        HeaderStore headers = area.headerStore();
        done(headers.write(header()));
        assertThat(done(headers.read())).isEqualTo(new HeaderStore.Found(Optional.of(header()), Optional.empty()));
        done(device.write(Layout.HEADER, HeaderCodec.encode(header()).put(72, (byte) 99)));

        HeaderStore.Found found = done(headers.read());
        assertThat(found.header()).isEmpty();
        assertThat(found.damage()).hasValueSatisfying(damage -> {
            assertThat(damage.block()).isEqualTo("header");
            assertThat(damage.cause()).contains("torn or damaged");
        });
        HostMail.Arrived arrived = done(area.hostMail(HOST).read(0));
        assertThat(arrived.header()).isEmpty();
        assertThat(arrived.damages()).extracting(Damage::block).containsExactly("header");
    }

    @Test
    void bell_changesWithEveryRingOfAnyHostAndWithDamage() {
        SpmMail spm = area.spmMail();
        long silent = done(spm.bell());
        assertThat(done(spm.bell())).isEqualTo(silent);

        done(area.hostMail(HOST).ring());
        long once = done(spm.bell());
        done(area.hostMail(HOST).ring());
        long twice = done(spm.bell());
        done(area.hostMail(LAST_HOST).ring());
        long byAnother = done(spm.bell());
        done(device.write(Layout.BELL, ByteBuffer.allocate(BlockDevice.BLOCK).put(4000, (byte) 1)));
        long damaged = done(spm.bell());

        assertThat(List.of(silent, once, twice, byAnother, damaged)).doesNotHaveDuplicates();
    }

    @Test
    void previousBlockThatIsDamaged_isTold() {
        OutgoingBlock block = records.outgoing(HOST, 0, 1);
        done(device.write(LAYOUT.outgoing(HOST, 0), OutgoingCodec.encode(block).put(500, (byte) 1)));

        HostMail.Left left = done(area.hostMail(HOST).previous());
        assertThat(left.block()).isEmpty();
        assertThat(left.damage()).map(Damage::block).contains("outgoing 7/0");
    }

    @Test
    void poolLog_readsWhatWasWrittenAndNamesDamage() {
        PoolLog log = area.poolLog(new PoolEventCodec());
        PoolLog.Placed first = new PoolLog.Placed(new PoolLog.Place(0, 0), records.entry());
        PoolLog.Placed last = new PoolLog.Placed(new PoolLog.Place(1, 15), records.entry());
        PoolLog.Placed spoilt = new PoolLog.Placed(new PoolLog.Place(0, 3), records.entry());
        List.of(first, last, spoilt).forEach(placed -> done(log.write(placed.place(), placed.entry())));
        done(device.write(
                LAYOUT.log(spoilt.place()),
                ByteBuffer.allocate(BlockDevice.BLOCK).put(9, (byte) 1)));

        PoolLog.Contents contents = done(log.read());

        assertThat(contents.segments()).isEqualTo(4);
        assertThat(contents.places()).isEqualTo(16);
        assertThat(contents.entries()).containsExactly(first, last);
        assertThat(contents.damages()).extracting(Damage::block).containsExactly("log 0/3");
    }

    @Test
    void othersBlocks_cannotBePosted() {
        OutgoingBlock ofAnotherHost = records.outgoing(new HostId(8), 0, 1);
        OutgoingBlock ofAnotherPool = new RandomRecords(new PoolId("pool-b"), 2).outgoing(HOST, 0, 1);

        assertThatThrownBy(() -> area.hostMail(HOST).post(ofAnotherHost)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> area.hostMail(HOST).post(ofAnotherPool)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> area.hostMail(new HostId(401))).hasMessageContaining("made for the ids 1 to 400");
        assertThat(done(area.spmMail().scan())).isEqualTo(NOTHING);
    }

    @Test
    void openedOnAClosedDevice_saysSo() throws IOException {
        device.close();

        assertThatThrownBy(() -> done(MailboxArea.open(device, POOL)))
                .hasRootCauseInstanceOf(ClosedChannelException.class)
                .hasMessageContaining("the size of " + path + " cannot be read");
    }

    /** The area's file by a way that a test can spoil. */
    private FaultyChannel faultyChannel() throws IOException {
        return new FaultyChannel(FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE));
    }

    private static Header header() {
        return new Header(POOL, new Epoch(3), 17, HOST, "hv7:7355", "journal", 9, new LogPosition(new Epoch(2), 8));
    }

    private static <T> T done(CompletionStage<T> stage) {
        return stage.toCompletableFuture().join();
    }
}
