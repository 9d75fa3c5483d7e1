package io.headroom.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.headroom.lun.Device;
import io.headroom.lun.DeviceQuestion;
import io.headroom.lun.DeviceSight;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.OverTheWire;
import io.headroom.model.VolumeId;
import io.headroom.port.Tenure;
import io.headroom.port.Tenure.Change;
import io.headroom.spm.Order;
import io.headroom.spm.SpmActor;
import io.headroom.spm.VolumesReport;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** What one node orders of another arrives as it was meant. */
class WireTest {
    private static final VolumeId VOLUME = new VolumeId("4820cfad");
    private static final Tenure.Volume READY =
            Tenure.Volume.ready(VOLUME, "web-1", Bytes.gibi(1), Bytes.gibi(20), Bytes.gibi(21));
    private static final ActorSystem<Order.Answer> SYSTEM = ActorSystem.create(
            Behaviors.empty(),
            "wire",
            ConfigFactory.parseString("pekko.actor.provider = local")
                    .withFallback(ConfigFactory.parseResourcesAnySyntax("cluster-system.conf"))
                    .withFallback(ConfigFactory.defaultReference())
                    .resolve());

    static final List<Order> ORDERS = List.of(
            new Order.CreateVolume("web-1", Bytes.gibi(20), Optional.of(Bytes.gibi(1))),
            new Order.ResizeVolume("web-1", Bytes.gibi(40)),
            new Order.DeleteVolume("web-1", true),
            new Order.AssignVolume("web-1", new HostId(7), false),
            new Order.ReleaseVolume("web-1", new HostId(7)),
            new Order.AddLun("/dev/sdx", Bytes.ZERO, true),
            new Order.GrowLun("/dev/sdx", Bytes.gibi(9)));

    static final List<OverTheWire> ANSWERS = List.of(
            new Order.Answer.Carried("done", Optional.of(READY.withHosts(Set.of(new HostId(7))))),
            new Order.Answer.Carried("gone", Optional.empty()),
            new Order.Answer.Refused("no", "ask again"),
            new Order.Answer.Planned(
                    List.of(
                            new Change.Extend(VOLUME, Bytes.gibi(2)),
                            new Change.Create("web-1", Bytes.gibi(1), Bytes.gibi(20)),
                            new Change.Resize(VOLUME, Bytes.gibi(40)),
                            new Change.Assign(VOLUME, Set.of(new HostId(7), new HostId(8))),
                            new Change.Condemn(VOLUME),
                            new Change.Wipe(VOLUME, Bytes.ZERO, Bytes.gibi(1)),
                            new Change.Remove(VOLUME),
                            new Change.AddLun("/dev/sdx", Bytes.ZERO, false),
                            new Change.GrowLun("/dev/sdx", Bytes.gibi(9))),
                    List.of("volume web-1 gets 1 GiB")),
            new VolumesReport(
                    new Epoch(7),
                    Instant.parse("2026-05-31T12:00:00Z"),
                    Bytes.gibi(100),
                    Bytes.gibi(99),
                    Bytes.mebi(4),
                    List.of(new VolumesReport.Known(READY, Set.of(new HostId(7)))),
                    List.of(new Tenure.Lun("lun-0", "/dev/sdx", Bytes.gibi(100), Bytes.gibi(99), "")),
                    ""),
            new DeviceQuestion("/dev/sdx", "naa.1"),
            new DeviceSight(new HostId(7), Optional.empty(), "there is none", List.of("/dev/sd*"), 512),
            new DeviceSight(
                    new HostId(7),
                    Optional.of(new Device(
                            "/dev/sdx",
                            List.of("/dev/sdx"),
                            "naa.1",
                            Bytes.gibi(9),
                            512,
                            4096,
                            true,
                            List.of("ext4"),
                            Optional.of(new Device.Physical("PV-1", "other", "VG-1", true)),
                            List.of("swap"))),
                    "",
                    List.of(),
                    0));

    @AfterAll
    static void end() {
        SYSTEM.terminate();
    }

    @Test
    void samples_coverEveryKind() {
        assertThat(ORDERS).extracting(Object::getClass).containsExactlyInAnyOrder(Order.class.getPermittedSubclasses());
        assertThat(ANSWERS).extracting(Object::getClass).contains(Order.Answer.class.getPermittedSubclasses());
    }

    @ParameterizedTest
    @FieldSource("ORDERS")
    void everyOrder_arrivesWithItsAsker(Order order) {
        SpmActor.Carry carry = new SpmActor.Carry(order, "root", false, SYSTEM);

        assertThat(sent(carry)).isEqualTo(carry);
    }

    @ParameterizedTest
    @FieldSource("ANSWERS")
    void everyAnswer_arrives(OverTheWire answer) {
        assertThat(sent(answer)).isEqualTo(answer);
    }

    @Test
    void anOrderOfAnUnknownKind_isRefused() {
        String sent = "{\"order\":{\"kind\":\"java.util.ArrayList\"},\"by\":\"root\",\"pretend\":false}";

        assertThatThrownBy(() -> SerializationExtension.get(SYSTEM.classicSystem())
                        .serializerFor(SpmActor.Carry.class)
                        .fromBinary(sent.getBytes(StandardCharsets.UTF_8), SpmActor.Carry.class))
                .isInstanceOf(Exception.class);
    }

    private static Object sent(Object message) {
        Serialization serialization = SerializationExtension.get(SYSTEM.classicSystem());
        byte[] bytes = serialization.serialize(message).get();
        return serialization.deserialize(bytes, message.getClass()).get();
    }
}
