using Mlp.Runtime.Data;
using Mlp.TestSupport;
using Mlp.Training.Sampling;

namespace Mlp.Training.Tests.Sampling;

/// <summary>Files behind symbolic links, as mounted volumes and names like "latest" are: what counts is the file at the end of the link.</summary>
public sealed class FileLinkTests : IDisposable
{
    private static readonly FileColumns X = new() { Features = [new FeatureColumn("x", FeatureType.Int64, "rows")] };

    private readonly TempDirectory _folder = new();

    private string Link => _folder.Combine("latest");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ReadAsync_ParquetFileBehindALinkIsRewritten_IsASentence()
    {
        var target = WriteParquet(10);
        File.CreateSymbolicLink(Link, target);
        var set = await ParquetTrainingSet.OpenAsync([Link], X);
        var length = new FileInfo(target).Length;
        WriteParquet(300);

        var e = await Assert.ThrowsAsync<TrainingDataException>(() => SyntheticRows.WholeOf(set));

        Assert.StartsWith(FormattableString.Invariant($"Expected '{Link}' as it was when the training set was opened ({length} bytes, written at "), e.Message, StringComparison.Ordinal);
        Assert.Contains(FormattableString.Invariant($"but it has changed since ({new FileInfo(target).Length} bytes, "), e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadAsync_CsvFileBehindTwoLinksGrows_IsASentence()
    {
        var target = WriteCsv("a.csv", "x\n1\n2\n");
        File.CreateSymbolicLink(_folder.Combine("first"), target);
        File.CreateSymbolicLink(Link, _folder.Combine("first"));
        var set = await CsvTrainingSet.OpenAsync([Link], X);
        await File.AppendAllTextAsync(target, "3\n");

        var e = await Assert.ThrowsAsync<TrainingDataException>(() => SyntheticRows.WholeOf(set));

        Assert.Contains("but it has changed since (8 bytes, written at ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadAsync_LinkLeadsToAnotherFile_IsASentence()
    {
        var (before, after) = (WriteCsv("a.csv", "x\n1\n"), WriteCsv("b.csv", "x\n2\n"));
        File.CreateSymbolicLink(Link, before);
        var set = await CsvTrainingSet.OpenAsync([Link], X);
        File.Delete(Link);
        File.CreateSymbolicLink(Link, after);

        var e = await Assert.ThrowsAsync<TrainingDataException>(() => SyntheticRows.WholeOf(set));

        Assert.EndsWith("but it leads to another file since (4 bytes, written at 1970-01-01T00:00:00.0000000Z): open the set anew.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadAsync_FileBehindALinkIsGone_IsASentence()
    {
        var target = WriteCsv("a.csv", "x\n1\n");
        File.CreateSymbolicLink(Link, target);
        var set = await CsvTrainingSet.OpenAsync([Link], X);
        File.Delete(target);

        var gone = await Assert.ThrowsAsync<TrainingDataException>(() => SyntheticRows.WholeOf(set));
        var absent = await Assert.ThrowsAsync<FileNotFoundException>(() => CsvTrainingSet.OpenAsync([Link], X));

        Assert.Equal($"Expected '{Link}' as it was when the training set was opened, but it is gone.", gone.Message);
        Assert.Equal($"Expected a CSV file at '{Link}', but found none.", absent.Message);
    }

    [Fact]
    public async Task ReadAsync_FileBehindALinkIsTheSame_GivesItsRows()
    {
        File.CreateSymbolicLink(Link, WriteParquet(10));
        var set = await ParquetTrainingSet.OpenAsync([Link], X);

        using var rows = await SyntheticRows.WholeOf(set);

        Assert.Equal(10, rows.Length);
    }

    private string WriteCsv(string name, string text)
    {
        var path = _folder.Combine(name);
        File.WriteAllText(path, text);
        File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch);
        return path;
    }

    private string WriteParquet(int rowCount)
    {
        var path = _folder.Combine("a.parquet");
        using var session = DuckDbSession.Open(new DuckDbSettings(256 << 20, 1, _folder.FullName));
        session.Execute($"COPY (SELECT i AS x FROM range(0, {rowCount}) r(i)) TO {SqlText.Text(path)} (FORMAT parquet)");
        return path;
    }
}
