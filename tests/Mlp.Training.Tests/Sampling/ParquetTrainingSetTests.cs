using Apache.Arrow;
using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.TestSupport;
using Mlp.Training.Sampling;

namespace Mlp.Training.Tests.Sampling;

public sealed class ParquetTrainingSetTests : IDisposable
{
    private const string Numbers = "SELECT i::INTEGER AS id, i / 4 AS x, CASE WHEN i % 5 = 0 THEN NULL ELSE 'kind ' || i % 3 END AS kind, [i, -i]::FLOAT[] AS v, i % 2 AS y, make_timestamp(i * 1000000) AS t";

    private static readonly ParquetColumns Columns = new()
    {
        Features = [new FeatureColumn("x", FeatureType.Float32, "rows"), new FeatureColumn("kind", FeatureType.String, "rows"), new FeatureColumn("v", FeatureType.Float32, "rows") { Length = 2 }],
        LabelColumn = "y",
        TimeColumn = "t",
        OtherColumns = ["id"],
    };

    private readonly TempDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ReadAsync_TwoFiles_GivesTheirRowsInOrder()
    {
        string[] files = [Write("a", $"{Numbers} FROM range(0, 3000) r(i)"), Write("b", $"{Numbers} FROM range(3000, 5000) r(i)")];

        var set = await ParquetTrainingSet.OpenAsync(files, Columns);

        Assert.Equal((5_000L, "t"), (set.Manifest.RowCount, set.Manifest.TimeColumn));
        var next = 0L;
        await foreach (var batch in set.ReadAsync())
        {
            using (batch)
            {
                for (var row = 0; row < batch.Length; row++, next++)
                {
                    Assert.Equal(next, ((Int64Array)batch.Column("id")).GetValue(row));
                    Assert.Equal(next / 4f, ((FloatArray)batch.Column("x")).GetValue(row));
                    Assert.Equal(next % 5 == 0 ? null : $"kind {next % 3}", ((StringArray)batch.Column("kind")).GetString(row));
                    Assert.Equal(next * 1_000_000, ((Int64Array)batch.Column("t")).GetValue(row));
                    var vectors = (FixedSizeListArray)batch.Column("v");
                    Assert.Equal(-next, ((FloatArray)vectors.Values).GetValue(((vectors.Offset + row) * 2) + 1));
                }
            }
        }

        Assert.Equal(5_000, next);
        var again = await ParquetTrainingSet.OpenAsync([Write("c", $"{Numbers} FROM range(0, 5000) r(i)")], Columns);
        Assert.Equal(set.Manifest.ContentHash, again.Manifest.ContentHash);
        var split = await TrainingSplit.ByKeyAsync(set, ["id"], new SplitShares(0, 0.2));
        Assert.InRange(split.Test!.Manifest.RowCount, 900, 1_100);
    }

    [Fact]
    public async Task OpenAsync_TextInANumericColumn_IsASentence()
    {
        var path = Write("a", "SELECT 'secret' AS x");

        var e = await Assert.ThrowsAsync<TrainingDataException>(() => OpenAsync(path, FeatureType.Float32));

        Assert.Equal($"Expected column 'x' in '{path}' to hold the type Float32, but found the Arrow type utf8.", e.Message);
    }

    [Fact]
    public async Task OpenAsync_FractionsForIntegers_IsASentence()
    {
        var path = Write("a", "SELECT 1.5::DOUBLE AS x");

        Assert.Contains("to hold the type Int64, but found the Arrow type double.", (await Assert.ThrowsAsync<TrainingDataException>(() => OpenAsync(path, FeatureType.Int64))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenAsync_ValueDoesNotFit_IsASentenceWithoutTheValue()
    {
        var path = Write("a", "SELECT 18446744073709551615::UBIGINT AS x");

        var e = await Assert.ThrowsAsync<TrainingDataException>(() => OpenAsync(path, FeatureType.Int64));

        Assert.Equal($"Expected values that fit the types of their columns in '{path}', but a value does not.", e.Message);
    }

    [Fact]
    public async Task OpenAsync_UnknownColumn_IsASentence()
    {
        var e = await Assert.ThrowsAsync<TrainingDataException>(() => OpenAsync(Write("a", "SELECT 1 AS z"), FeatureType.Int64));

        Assert.Equal("Expected a column 'x' in the training set, but found 'z'.", e.Message);
    }

    [Fact]
    public async Task OpenAsync_FilesDiffer_IsASentence()
    {
        string[] files = [Write("a", "SELECT 1 AS x, 1::DOUBLE AS y"), Write("b", "SELECT 1 AS x, 'one' AS y")];

        var e = await Assert.ThrowsAsync<TrainingDataException>(
            () => ParquetTrainingSet.OpenAsync(files, new ParquetColumns { Features = [new FeatureColumn("x", FeatureType.Int64, "rows")], LabelColumn = "y" }));

        Assert.Equal($"Expected column 'y' to have one type in all Parquet files, but '{files[1]}' has another one than '{files[0]}'.", e.Message);
    }

    [Fact]
    public async Task OpenAsync_NoRowsOrNoParquet_AreSentences()
    {
        var empty = Write("a", "SELECT 1 AS x WHERE false");
        var text = _folder.Combine("b.parquet");
        await File.WriteAllTextAsync(text, "no parquet");

        Assert.Equal("Expected rows in the 1 Parquet files, but they have none.", (await Assert.ThrowsAsync<TrainingDataException>(() => OpenAsync(empty, FeatureType.Int64))).Message);
        Assert.Equal($"Expected a Parquet file at '{text}', but it cannot be read.", (await Assert.ThrowsAsync<CorruptFileException>(() => OpenAsync(text, FeatureType.Int64))).Message);
        await Assert.ThrowsAsync<FileNotFoundException>(() => OpenAsync(_folder.Combine("absent.parquet"), FeatureType.Int64));
    }

    private static Task<ParquetTrainingSet> OpenAsync(string path, FeatureType type)
        => ParquetTrainingSet.OpenAsync([path], new ParquetColumns { Features = [new FeatureColumn("x", type, "rows")] });

    private string Write(string name, string sql)
    {
        var path = _folder.Combine(name + ".parquet");
        using var session = DuckDbSession.Open(new DuckDbSettings(256 << 20, 1, _folder.FullName));
        session.Execute($"COPY ({sql}) TO {SqlText.Text(path)} (FORMAT parquet)");
        return path;
    }
}
