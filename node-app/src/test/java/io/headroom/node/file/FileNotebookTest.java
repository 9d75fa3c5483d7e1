package io.headroom.node.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import io.headroom.port.Notebook.Notes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileNotebookTest {
    @TempDir
    Path directory;

    @Test
    void nothingWasNoted() {
        assertThat(done(notebook().read())).isEqualTo(Notes.NONE);
    }

    @Test
    void whatIsNotedIsReadByTheNextProcess() {
        Notes notes = new Notes(true, Set.of(new VolumeId("b"), new VolumeId("a")));
        done(notebook().write(new Notes(true, Set.of())));
        done(notebook().write(notes));

        assertThat(done(notebook().read())).isEqualTo(notes);
    }

    /** The format of version 2: nodes of this version have written it, and every later one reads it. */
    @Test
    void theFileIsForPeopleToo() throws IOException {
        Notes notes = new Notes(false, Set.of(new VolumeId("b"), new VolumeId("a")), "an I/O error, node disk1");
        done(notebook().write(notes));

        assertThat(file()).hasContent("""
                        {
                          "format" : 2,
                          "held" : false,
                          "starved" : [ "a", "b" ],
                          "failure" : "an I/O error, node disk1"
                        }
                        """);
        assertThat(done(notebook().read())).isEqualTo(notes);
    }

    @Test
    void whatANodeOfVersion1Noted_isRead() throws IOException {
        Files.writeString(file(), """
                        {
                          "format" : 1,
                          "held" : true,
                          "starved" : [ "a", "b" ]
                        }
                        """);

        assertThat(done(notebook().read()))
                .isEqualTo(new Notes(true, Set.of(new VolumeId("a"), new VolumeId("b")), ""));
    }

    @Test
    void nothingToNote_leavesNoFile() {
        done(notebook().write(new Notes(true, Set.of())));

        done(notebook().write(Notes.NONE));
        done(notebook().write(Notes.NONE));

        assertThat(directory).isEmptyDirectory();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "{\"format\":3,\"held\":true,\"starved\":[],\"failure\":\"\"}",
                "{\"format\":2,\"held\":true,\"starved\":[]}",
                "{\"format\":1,\"held\":1,\"starved\":[]}",
                "{\"format\":1,\"held\":true}",
                "{\"format\":1,\"held\":true,\"starved\":[\"/\"]}"
            })
    void whatCannotBeReadIsNamed_andStays(String content) throws IOException {
        Files.writeString(file(), content);

        assertThatThrownBy(() -> done(notebook().read())).hasMessageContaining("web.notes.json cannot be read");
        assertThat(file()).hasContent(content);
    }

    private Path file() {
        return directory.resolve("web.notes.json");
    }

    private FileNotebook notebook() {
        return new FileNotebook(directory.resolve("web.sock"), new VmName("web"), Runnable::run);
    }

    private static <T> T done(CompletionStage<T> stage) {
        return stage.toCompletableFuture().join();
    }
}
