using Mlp.Runtime.Storage;
using Mlp.TestSupport;
using Mlp.Training.Evaluation;
using Mlp.Training.Evaluation.Plots;
using Mlp.Training.Networks.Weights;

namespace Mlp.Training.Tests;

public sealed class SavedFileTests
{
    private const int FullDisk = 28;

    public static TheoryData<string> Kinds => ["weights", "evaluation", "plot"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Save_PathExists_IsRefusedUnlessItMayBeReplaced(string kind)
    {
        using var directory = new TempDirectory();
        var path = directory.Combine("file");
        File.WriteAllText(path, "mine");

        var error = Assert.Throws<FileWriteException>(() => Save(kind, path, overwrite: false));
        Assert.Equal("mine", File.ReadAllText(path));
        Save(kind, path, overwrite: true);

        Assert.Equal($"Expected a free path to save the {kind} at, but '{path}' exists (it is replaced where Overwrite says so).", error.Message);
        Assert.Equal(path, error.Path);
        Assert.NotEqual("mine", File.ReadAllText(path));
        Assert.Single(Directory.GetFileSystemEntries(directory.FullName));
        Assert.Equal(
            $"Expected the path of a file to save the {kind} at, but '{directory.FullName}' is a folder.",
            Assert.Throws<FileWriteException>(() => Save(kind, directory.FullName, overwrite: true)).Message);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Save_FolderIsMissingOrNameTooLong_NamesThePathThatWasGiven(string kind)
    {
        using var directory = new TempDirectory();
        var (missing, tooLong) = (directory.Combine("none", "file"), directory.Combine(new string('x', 300)));

        Assert.Equal(
            $"Expected to save the {kind} at '{missing}', but the folder '{Path.GetDirectoryName(missing)}' does not exist.", Assert.Throws<FileWriteException>(() => Save(kind, missing, overwrite: false)).Message);
        var error = Assert.Throws<FileWriteException>(() => Save(kind, tooLong, overwrite: false));
        Assert.StartsWith($"Expected to save the {kind} at '{tooLong}', but the disk failed: ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(".tmp-", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(directory.FullName));
    }

    [Theory]
    [InlineData(FullDisk, "the disk is full.")]
    [InlineData(30, "may not be written.")]
    [InlineData(5, "the disk failed: broken '")]
    public void Save_StreamFails_SaysWhyAndLeavesTheFileBefore(int code, string reason)
    {
        using var directory = new TempDirectory();
        var path = directory.Combine("file");
        File.WriteAllText(path, "mine");
        var file = new SavedFile(DiskSync.Instance, temporary => throw new IOException($"broken '{temporary}'", code));

        var error = Assert.Throws<FileWriteException>(() => file.Save(path, "plot", overwrite: true, stream => stream.WriteByte(1)));

        Assert.StartsWith($"Expected to save the plot at '{path}', but ", error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(".tmp-", error.Message, StringComparison.Ordinal);
        Assert.IsType<IOException>(error.InnerException);
        Assert.Equal("mine", File.ReadAllText(path));
        Assert.Single(Directory.GetFileSystemEntries(directory.FullName));
    }

    [Fact]
    public void Save_NameTakenMeanwhile_IsRefused()
    {
        using var directory = new TempDirectory();
        var path = directory.Combine("file");
        var file = SavedFile.On(DiskSync.Instance);

        Assert.Throws<FileWriteException>(() => file.Save(path, "plot", overwrite: false, stream =>
        {
            File.WriteAllText(path, "another's");
            stream.WriteByte(1);
        }));

        Assert.Equal("another's", File.ReadAllText(path));
        Assert.Throws<ArgumentException>(() => file.Save(directory.FullName + Path.DirectorySeparatorChar, "plot", overwrite: false, _ => { }));
    }

    private static void Save(string kind, string path, bool overwrite)
    {
        switch (kind)
        {
            case "weights":
                var writer = new SafetensorsWriter();
                writer.Add("a", new[] { 1f }, [1]);
                writer.Write(path, overwrite);
                break;
            case "evaluation":
                Evaluator.Evaluate(Rows()).Save(path, overwrite);
                break;
            default:
                ClassifierPlots.Roc(new NamedScores("m", Rows())).Save(path, overwrite);
                break;
        }
    }

    private static ScoredRows Rows() => ScoredRows.Binary([0.1, 0.4, 0.6, 0.9], [0, 1, 0, 1]);
}
