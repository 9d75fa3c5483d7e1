package io.headroom.node.device;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.headroom.lun.Device.Physical;
import io.headroom.node.process.Command;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What stands on a device, by its marks. @param data for people, LVM's own mark not among it */
record Contents(List<String> data, Optional<Physical> physical) {
    private static final JsonMapper MAPPER = JsonMapper.builder().build();
    private static final String MARK_OF_LVM = "LVM2_member";
    private static final int OUTPUT_LIMIT = 1 << 20;
    private static final int QUOTED = 300;

    /** LVM sees this device and no other, reads, and leaves the machine's own configuration alone. */
    private static final String LVM_CONFIG = "devices { filter = [ \"a|^%1$s$|\", \"r|.*|\" ]"
            + " global_filter = [ \"a|^%1$s$|\", \"r|.*|\" ] use_devicesfile = 0 hints = \"none\" scan_lvs = 1"
            + " obtain_device_list_from_udev = 0 external_device_info_source = \"none\" }"
            + " global { activation = 0 use_lvmlockd = 0 use_lvmpolld = 0 notify_dbus = 0 system_id_source = \"none\" }"
            + " backup { backup = 0 archive = 0 }";

    /**
     * Looks; blocks for two commands at most.
     *
     * @param device by the kernel's name: letters, digits and {@code / -}
     * @param limit of each command
     * @throws IOException where what stands on it is not known
     */
    static Contents of(String device, Duration limit) throws IOException {
        if (!device.matches("/dev/[A-Za-z0-9/-]+")) {
            throw new IOException("not a name that the kernel gives a block device: " + device);
        }
        Set<String> data = new LinkedHashSet<>();
        boolean markedByLvm = false;
        for (JsonNode mark : marks(device, limit)) {
            String type = mark.path("type").asText("unknown data");
            if (type.equals(MARK_OF_LVM)) {
                markedByLvm = true;
            } else {
                String label = mark.path("label").asText("");
                data.add(label.isEmpty() || label.equals("null") ? type : type + " \"" + label + "\"");
            }
        }
        return new Contents(List.copyOf(data), markedByLvm ? Optional.of(physical(device, limit)) : Optional.empty());
    }

    private static List<JsonNode> marks(String device, Duration limit) throws IOException {
        String report = run(limit, "wipefs", "--no-act", "--json", device);
        List<JsonNode> marks = new ArrayList<>();
        if (!report.isBlank()) {
            parse("wipefs", report).path("signatures").forEach(marks::add);
        }
        return marks;
    }

    private static Physical physical(String device, Duration limit) throws IOException {
        String report = run(
                limit,
                "lvm",
                "pvs",
                "--readonly",
                "--reportformat",
                "json",
                "--config",
                LVM_CONFIG.formatted(device),
                "-o",
                "pv_uuid,vg_name,vg_uuid,pv_in_use",
                device);
        JsonNode row = parse("pvs", report).at("/report/0/pv/0");
        String id = row.path("pv_uuid").asText("");
        if (id.isEmpty()) {
            throw new IOException("it has a mark of LVM that LVM does not read: " + start(report));
        }
        // LVM says in brackets that it does not know the group: its metadata stands on other devices.
        String group = row.path("vg_name").asText("").replaceAll("^\\[.*", "");
        return new Physical(
                id,
                group,
                group.isEmpty() ? "" : row.path("vg_uuid").asText(""),
                !group.isEmpty() || !row.path("pv_in_use").asText("").isEmpty());
    }

    private static JsonNode parse(String program, String report) throws IOException {
        try {
            return MAPPER.readTree(report);
        } catch (JsonProcessingException broken) {
            throw new IOException("the answer of " + program + " is no JSON: " + start(report), broken);
        }
    }

    private static String run(Duration limit, String... argv) throws IOException {
        Command.Outcome outcome = new Command(List.of(argv), limit, OUTPUT_LIMIT).run();
        if (outcome instanceof Command.Outcome.Exited exited) {
            if (exited.status() != 0) {
                throw new IOException(argv[0] + " failed: " + start(exited.errors()));
            }
            return exited.output();
        } else if (outcome instanceof Command.Outcome.NotStarted missing) {
            throw new IOException("cannot run " + argv[0] + ", install it: " + missing.cause());
        } else if (outcome instanceof Command.Outcome.Killed killed) {
            throw new IOException(killed.cause());
        } else if (outcome instanceof Command.Outcome.Unknown unknown) {
            throw new IOException(unknown.cause());
        }
        throw new AssertionError("unhandled " + outcome);
    }

    private static String start(String text) {
        String line = text.strip().replaceAll("\\s+", " ");
        return line.length() <= QUOTED ? line : line.substring(0, QUOTED) + "…";
    }
}
