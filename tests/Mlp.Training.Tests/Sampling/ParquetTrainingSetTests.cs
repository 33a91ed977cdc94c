using Apache.Arrow;
using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.TestSupport;
using Mlp.Training.Sampling;

namespace Mlp.Training.Tests.Sampling;

public sealed class ParquetTrainingSetTests : IDisposable
{
    private const string Numbers = "SELECT i::INTEGER AS id, i / 4 AS x, CASE WHEN i % 5 = 0 THEN NULL ELSE 'kind ' || i % 3 END AS kind, [i, -i]::FLOAT[] AS v, i % 2 AS y, make_timestamp(i * 1000000) AS t";

    private static readonly FileColumns Columns = new()
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

        Assert.Contains("to hold the type Int64, timestamps or dates, but found the Arrow type double.", (await Assert.ThrowsAsync<TrainingDataException>(() => OpenAsync(path, FeatureType.Int64))).Message, StringComparison.Ordinal);
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
            () => ParquetTrainingSet.OpenAsync(files, new FileColumns { Features = [new FeatureColumn("x", FeatureType.Int64, "rows")], LabelColumn = "y" }));

        Assert.Equal($"Expected column 'y' to have one type in all Parquet files, but '{files[1]}' has another one than '{files[0]}'.", e.Message);
    }

    [Fact]
    public async Task OpenAsync_NoRowsOrNoParquet_AreSentences()
    {
        var empty = Write("a", "SELECT 1 AS x WHERE false");
        var text = _folder.Combine("b.parquet");
        await File.WriteAllTextAsync(text, "no parquet");

        Assert.Equal("Expected rows in the 1 Parquet files, but they have none.", (await Assert.ThrowsAsync<TrainingDataException>(() => OpenAsync(empty, FeatureType.Int64))).Message);
        Assert.Equal($"Expected a Parquet file at '{text}', but it does not begin as one: CsvTrainingSet takes CSV.", (await Assert.ThrowsAsync<CorruptFileException>(() => OpenAsync(text, FeatureType.Int64))).Message);
        var half = _folder.Combine("half.parquet");
        await File.WriteAllBytesAsync(half, (await File.ReadAllBytesAsync(empty))[..^20]);
        Assert.Equal($"Expected a Parquet file at '{half}', but it cannot be read: it is damaged or incomplete.", (await Assert.ThrowsAsync<CorruptFileException>(() => OpenAsync(half, FeatureType.Int64))).Message);
        await Assert.ThrowsAsync<FileNotFoundException>(() => OpenAsync(_folder.Combine("absent.parquet"), FeatureType.Int64));
        Assert.EndsWith("but found none: patterns are not taken, name each file.", (await Assert.ThrowsAsync<FileNotFoundException>(() => OpenAsync(_folder.Combine("*.parquet"), FeatureType.Int64))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenAsync_TimesAndDatesAsFeatures_AreMicroseconds()
    {
        var path = Write("a", "SELECT TIMESTAMP '1970-01-01 00:00:01.5' AS at, DATE '1970-01-02' AS day, TIMESTAMPTZ '1970-01-01 01:00:00+01' AS zoned, TIMESTAMP_MS '1970-01-01 00:00:02' AS y, NULL::DATE AS never");

        var set = await ParquetTrainingSet.OpenAsync(
            [path],
            new FileColumns { Features = [new("at", FeatureType.Int64), new("day", FeatureType.Int64), new("never", FeatureType.Int64)], OtherColumns = ["zoned"], LabelColumn = "y" });

        var batch = await SyntheticRows.WholeOf(set);
        Assert.Equal(
            [1_500_000L, 86_400_000_000L, null, 0L, 2_000_000L],
            new[] { "at", "day", "never", "zoned", "y" }.Select(name => ((Int64Array)batch.Column(name)).GetValue(0)));
    }

    [Fact]
    public async Task FitAsync_DateOfAParquetFile_GivesItsParts()
    {
        // Whether the day is a Saturday or Sunday says the label; the date itself does not.
        var path = Write("a", "SELECT DATE '2026-01-01' + i::INTEGER AS day, dayofweek(DATE '2026-01-01' + i::INTEGER) IN (0, 6) AS y FROM range(0, 700) r(i)");
        var set = await ParquetTrainingSet.OpenAsync([path], new FileColumns { Features = [new("day", FeatureType.Int64)], LabelColumn = "y" });
        var options = new Mlp.Training.Networks.NetworkOptions { Seed = 1, MaxEpochs = 30, BatchSize = 32, LearningRate = 0.01f, StopMetric = Mlp.Training.Networks.ValidationMetric.Auc };
        options.Preprocessing.For("day").TakeDateParts(Mlp.Training.Preprocessing.DateParts.Weekday);

        using var network = await new Mlp.Training.Networks.NetworkTrainer(options).FitAsync(set);

        Assert.True(network.History.Max(e => e.ValidationMetric) > 0.99, FormattableString.Invariant($"{network.History.Max(e => e.ValidationMetric)}"));
    }

    [Fact]
    public async Task OpenAsync_TimeForAFloat_IsASentence()
    {
        var path = Write("a", "SELECT DATE '2026-01-01' AS x");

        Assert.EndsWith("to hold the type Float32, but found the Arrow type date32.", (await Assert.ThrowsAsync<TrainingDataException>(() => OpenAsync(path, FeatureType.Float32))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadAsync_FileExchangedOrGone_IsASentence()
    {
        var path = Write("a", "SELECT i AS x FROM range(0, 500) r(i)");
        var set = await OpenAsync(path, FeatureType.Int64);
        var again = await OpenAsync(path, FeatureType.Int64);
        Write("a", "SELECT i AS x FROM range(0, 300) r(i)");

        var exchanged = await Assert.ThrowsAsync<TrainingDataException>(() => SyntheticRows.WholeOf(set));
        File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch);
        var rewritten = await OpenAsync(path, FeatureType.Int64);
        File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch.AddSeconds(1));
        var touched = await Assert.ThrowsAsync<TrainingDataException>(() => SyntheticRows.WholeOf(rewritten));
        File.Delete(path);
        var gone = await Assert.ThrowsAsync<TrainingDataException>(() => SyntheticRows.WholeOf(again));

        Assert.StartsWith($"Expected '{path}' as it was when the training set was opened (", exchanged.Message, StringComparison.Ordinal);
        Assert.EndsWith("written at 1970-01-01T00:00:01.0000000Z): open the set anew.", touched.Message, StringComparison.Ordinal);
        Assert.Equal($"Expected '{path}' as it was when the training set was opened, but it is gone.", gone.Message);
    }

    private static Task<ParquetTrainingSet> OpenAsync(string path, FeatureType type)
        => ParquetTrainingSet.OpenAsync([path], new FileColumns { Features = [new FeatureColumn("x", type, "rows")] });

    private string Write(string name, string sql)
    {
        var path = _folder.Combine(name + ".parquet");
        using var session = DuckDbSession.Open(new DuckDbSettings(256 << 20, 1, _folder.FullName));
        session.Execute($"COPY ({sql}) TO {SqlText.Text(path)} (FORMAT parquet)");
        return path;
    }
}
