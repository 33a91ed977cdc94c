using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.TestSupport;
using Mlp.Training.Sampling;

namespace Mlp.Training.Tests.Sampling;

/// <summary>DuckDB takes file names as patterns and parts of paths as values; the rows are those of the file that is named.</summary>
public sealed class FileNamesTests : IDisposable
{
    private static readonly FileColumns X = new() { Features = [new("x", FeatureType.Int64)] };

    private readonly TempDirectory _folder = new();

    public static TheoryData<string, string> Names => new()
    {
        { "a[1]", "a1" },
        { "c*", "cc" },
        { "e?", "ee" },
        { "[a-z]*", "f" },
        { "month=[1]/a", "month=1/a" },
        { "**/a", "deep/a" },
        { "it's [2]", "it's 2" },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public async Task OpenAsync_CsvWhoseNameIsAPattern_ReadsTheFileItself(string name, string other)
    {
        Write($"{other}.csv", "x\n100\n");
        var path = Write($"{name}.csv", "x\n1\n2\n");

        Assert.Equal([1, 2], await Values(await CsvTrainingSet.OpenAsync([path], X)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task OpenAsync_ParquetWhoseNameIsAPattern_ReadsTheFileItself(string name, string other)
    {
        WriteParquet($"{other}.parquet", "SELECT 100 AS x");
        var path = WriteParquet($"{name}.parquet", "SELECT unnest([1, 2]) AS x");

        Assert.Equal([1, 2], await Values(await ParquetTrainingSet.OpenAsync([path], X)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task OpenAsync_FolderWhoseNameIsAPattern_ReadsTheSetItself(string name, string other)
    {
        await TrainingSet.SaveAsync(await CsvTrainingSet.OpenAsync([Write("other.csv", "x\n100\n")], X), _folder.Combine(other));
        var saved = await TrainingSet.SaveAsync(await CsvTrainingSet.OpenAsync([Write("x.csv", "x\n1\n2\n")], X), _folder.Combine(name));

        Assert.Equal([1, 2], await Values(saved));
    }

    [Fact]
    public async Task OpenAsync_FolderNamedLikeAPartition_LeavesTheColumnOfTheCsv()
    {
        var path = Write("x=7/a.csv", "x,y\n1,1\n2,2\n");

        Assert.Equal([1, 2], await Values(await CsvTrainingSet.OpenAsync([path], X)));
    }

    [Fact]
    public async Task OpenAsync_BackslashInAName_IsReadOrRefused()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        Assert.Equal([1], await Values(await CsvTrainingSet.OpenAsync([Write("a\\b.csv", "x\n1\n")], X)));
        Write("a/[1].csv", "x\n100\n");
        var path = Write("a\\[1].csv", "x\n1\n");

        var error = await Assert.ThrowsAsync<ArgumentException>(() => CsvTrainingSet.OpenAsync([path], X));

        Assert.Equal($"Expected a path without '\\' beside '*', '?' and '[', which DuckDB cannot tell from a folder, but found '{path}'. Rename the file.", error.Message);
    }

    private static async Task<List<long>> Values(ITrainingSet set)
    {
        var values = new List<long>();
        await foreach (var batch in set.ReadAsync())
        {
            using (batch)
            {
                values.AddRange(((Int64Array)batch.Column("x")).Values);
            }
        }

        return values;
    }

    private string Write(string name, string text)
    {
        var path = InFolder(name);
        File.WriteAllText(path, text);
        return path;
    }

    // DuckDB writes to a plain name, whatever it takes for a pattern.
    private string WriteParquet(string name, string sql)
    {
        var plain = _folder.Combine("plain.parquet");
        using (var session = DuckDbSession.Open(new DuckDbSettings(256 << 20, 1, _folder.FullName)))
        {
            session.Execute($"COPY ({sql}) TO {SqlText.Text(plain)} (FORMAT parquet)");
        }

        var path = InFolder(name);
        File.Move(plain, path);
        return path;
    }

    private string InFolder(string name)
    {
        var path = _folder.Combine(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return path;
    }
}
