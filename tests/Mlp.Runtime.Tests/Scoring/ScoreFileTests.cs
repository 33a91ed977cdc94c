using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Scoring;
using Mlp.Runtime.Tests.Inference;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Scoring;

public sealed class ScoreFileTests : ScoredFilesFolder
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(25_000)]
    public async Task ScoreFileAsync_Parquet_KeepsEveryColumnAsItIsAndAddsTheAnswers(int rowCount)
    {
        await using var platform = await ServeAsync(Linear());
        var input = Files.WriteParquet("rows.parquet", Rows, rowCount);
        var output = Files.Combine("scored.parquet");

        var result = await platform.Model.ScoreFileAsync(input, output, new FileScoringOptions { RowsPerPart = 6000 });

        Assert.Equal(new FileScoringResult(output, rowCount, 0, 1, platform.Model.Manifest!.OnnxSha256), result);
        Assert.Equal(
            [.. Files.Describe(input).Select(r => $"{r[0]} {r[1]}"), "score DOUBLE", "predicted_class INTEGER"], Files.Describe(output).Select(r => $"{r[0]} {r[1]}"));
        Assert.Equal(Enumerable.Range(0, rowCount).Select(i => (long)i), Files.Query(output, "id").Select(r => (long)r[0]!));
        Assert.Equal(
            (long)rowCount,
            Files.Query(
                output,
                "count(*) FILTER (WHERE x = (id / 7.0)::FLOAT AND score = (x * 2::FLOAT)::DOUBLE AND price = id AND text = 'row ' || id AND pair[2] = id + 1 AND predicted_class = -1"
                + " AND epoch(moment) = 1704067200 + id)")[0][0]);
        var metadata = Files.Metadata(output);
        Assert.Equal(("tips", "1", result.OnnxSha256), (metadata[BatchColumns.ModelKey], metadata[BatchColumns.ModelVersionKey], metadata[BatchColumns.ModelHashKey]));
        Assert.Equal(["duckdb", "rows.parquet", "scored.parquet"], Directory.GetFileSystemEntries(Files.FullName).Select(Path.GetFileName).Order());
    }

    [Theory]
    [InlineData("out.arrow")]
    [InlineData("out.arrows")]
    public async Task ScoreFileAsync_ParquetToArrow_HasTheSameAnswers(string name)
    {
        await using var platform = await ServeAsync(Linear());
        var input = Files.WriteParquet("rows.parquet", "range AS id, (range / 7.0)::FLOAT AS x, 'row ' || range AS text", 9000);
        var output = Files.Combine(name);

        var result = await platform.Model.ScoreFileAsync(input, output, new FileScoringOptions { RowsPerPart = 4000, Scoring = new ScoringOptions { Columns = ["text", "id"] } });

        Assert.Equal(9000, result.RowCount);
        var next = 0L;
        foreach (var batch in await ScoredFiles.ReadArrowAsync(output))
        {
            Assert.Equal(["text", "id", "score", "predicted_class"], batch.Schema.FieldsList.Select(f => f.Name));
            Assert.Equal("1", batch.Schema.Metadata[BatchColumns.ModelVersionKey]);
            for (var row = 0; row < batch.Length; row++, next++)
            {
                Assert.Equal(next, ((Int64Array)batch.Column("id")).GetValue(row));
                Assert.Equal($"row {next}", ((StringArray)batch.Column("text")).GetString(row));
                Assert.Equal((float)(next / 7.0) * 2, ((DoubleArray)batch.Column("score")).GetValue(row));
            }
        }

        Assert.Equal(9000, next);
    }

    [Theory]
    [InlineData(false, "in.arrow", "out.feather", false)]
    [InlineData(false, "in.arrow", "out.arrows", true)]
    [InlineData(true, "in.arrows", "out.arrow", false)]
    [InlineData(true, "anything", "out.ipc", true)]
    public async Task ScoreFileAsync_Arrow_HasTheSameAnswers(bool isStream, string inputName, string outputName, bool isCompressed)
    {
        await using var platform = await ServeAsync(Linear());
        var options = isCompressed ? new IpcOptions { CompressionCodec = CompressionCodecType.Lz4Frame, CompressionCodecFactory = new CompressionCodecFactory() } : null;
        var input = await Files.WriteArrowAsync(inputName, isStream, Enumerable.Range(0, 10).Select(i => Batch(i * 300, 300)), options);
        var output = Files.Combine(outputName);

        var result = await platform.Model.ScoreFileAsync(input, output, new FileScoringOptions { RowsPerPart = 700 });

        Assert.Equal(3000, result.RowCount);
        var next = 0;
        foreach (var batch in await ScoredFiles.ReadArrowAsync(output))
        {
            Assert.Equal("tests", batch.Schema.Metadata["source"]);
            Assert.Equal(["x", "text", "score", "predicted_class"], batch.Schema.FieldsList.Select(f => f.Name));
            for (var row = 0; row < batch.Length; row++, next++)
            {
                Assert.Equal(next * 2.0, ((DoubleArray)batch.Column("score")).GetValue(row));
                Assert.Equal($"row {next}", ((StringArray)batch.Column("text")).GetString(row));
            }
        }

        Assert.Equal(3000, next);
    }

    [Fact]
    public async Task ScoreFileAsync_ProbabilitiesAndLabel_AreWritten()
    {
        var output = new ModelOutput { Task = ModelTask.MulticlassClassification, ScoreOutput = "p", ClassNames = ["low", "high", "no class"] };
        await using var platform = await ServeAsync(Package(TestGraphs.Softmax(1, 3, 1, 2, 0), output, features: [new("x", FeatureType.Float32, "view")]));
        var input = Files.WriteParquet("rows.parquet", "range AS id, (range - 2)::FLOAT AS x", 5);

        await platform.Model.ScoreFileAsync(
            input,
            Files.Combine("list.parquet"),
            new FileScoringOptions { Scoring = new ScoringOptions { Columns = ["id"], Probabilities = ClassProbabilities.List, IncludeLabel = true } });
        await platform.Model.ScoreFileAsync(
            input, Files.Combine("columns.parquet"), new FileScoringOptions { Scoring = new ScoringOptions { Columns = [], Probabilities = ClassProbabilities.Columns } });

        Assert.Equal(
            ["id BIGINT", "score DOUBLE", "predicted_class INTEGER", "probabilities DOUBLE[]", "predicted_label VARCHAR"],
            Files.Describe(Files.Combine("list.parquet")).Select(r => $"{r[0]} {r[1]}"));
        Assert.Equal(
            ["score DOUBLE", "predicted_class INTEGER", "probability_low DOUBLE", "probability_high DOUBLE", "probability_no class DOUBLE"],
            Files.Describe(Files.Combine("columns.parquet")).Select(r => $"{r[0]} {r[1]}"));
        Assert.Equal(
            [("no class", true), ("no class", true), ("low", true), ("high", true), ("high", true)],
            Files.Query(Files.Combine("list.parquet"), "predicted_label, probabilities[predicted_class + 1] = score AND abs(list_sum(probabilities) - 1) < 1e-6")
                .Select(r => ((string)r[0]!, (bool)r[1]!)));
    }

    [Theory]
    [InlineData("out.parquet")]
    [InlineData("out.arrow")]
    public async Task ScoreFileAsync_CancelledThenAliasMoved_GoesOnWithTheVersionItBeganWith(string name)
    {
        await using var platform = await ServeAsync(Linear(), configure: m => m.AliasPollInterval = TimeSpan.FromMilliseconds(10));
        var input = Files.WriteParquet("rows.parquet", "range AS id, range::FLOAT AS x", 30_000, rowGroup: 4096);
        var output = Files.Combine(name);
        var options = new FileScoringOptions { RowsPerPart = 5000 };
        using var cancellation = new CancellationTokenSource();
        var durable = 0L;
        var progress = new Progress(p =>
        {
            durable = p.RowCount;
            Assert.Equal(30_000, p.TotalRowCount);
            if (p.RowCount >= 10_000)
            {
                cancellation.Cancel();
            }
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => platform.Model.ScoreFileAsync(input, output, options, progress, cancellation.Token));
        Assert.False(File.Exists(output));
        await platform.PublishAsync(Linear(weight: 5));
        while (platform.Model.Manifest!.Version == 1)
        {
            await Task.Delay(5);
        }

        var first = -1L;
        var result = await platform.Model.ScoreFileAsync(input, output, options, new Progress(p => first = first < 0 ? p.RowCount : first));

        Assert.Equal((30_000L, durable, 1), (result.RowCount, result.ResumedRowCount, result.ModelVersion));
        Assert.Equal(durable, first);
        Assert.InRange(durable, 10_000, 29_999);
        var scores = name == "out.parquet"
            ? Files.Query(output, "score").Select(r => (double)r[0]!)
            : (await ScoredFiles.ReadArrowAsync(output)).SelectMany(b => ((DoubleArray)b.Column("score")).Values.ToArray());
        Assert.Equal(Enumerable.Range(0, 30_000).Select(i => i * 2.0), scores);
    }

    [Fact]
    public async Task ScoreFileAsync_KilledBehindTheOutput_IsDone()
    {
        await using var platform = await ServeAsync(Linear());
        var input = Files.WriteParquet("rows.parquet", "range::FLOAT AS x", 100);
        var output = Files.Combine("out.parquet");
        await platform.Model.ScoreFileAsync(input, Files.Combine("other.parquet"));

        using (var cancellation = new CancellationTokenSource())
        {
            var progress = new Progress(p => { if (p.RowCount > 0) { cancellation.Cancel(); } });
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => platform.Model.ScoreFileAsync(input, output, null, progress, cancellation.Token));
        }

        // Another file of that name is not ours, until it is said to be.
        File.Copy(Files.Combine("other.parquet"), output);
        var error = await Assert.ThrowsAsync<FileScoringException>(() => platform.Model.ScoreFileAsync(input, output));
        var mark = Path.Combine(Files.Combine(".out.parquet.scoring"), "finished.json");
        var text = FormattableString.Invariant($$"""{"format":"mlp-scoring-output","formatVersion":1,"byteCount":{{new FileInfo(output).Length}}}""");
        File.WriteAllText(mark, text.Replace("Version\":1", "Version\":2", StringComparison.Ordinal));
        await Assert.ThrowsAsync<UnsupportedFormatVersionException>(() => platform.Model.ScoreFileAsync(input, output));
        File.WriteAllText(mark, text);
        var result = await platform.Model.ScoreFileAsync(input, output);

        Assert.Equal($"Expected '{output}' not to exist, but it does; nothing is overwritten.", error.Message);
        Assert.Equal((100L, 100L), (result.RowCount, result.ResumedRowCount));
        Assert.False(Directory.Exists(Files.Combine(".out.parquet.scoring")));
    }

    [Fact]
    public async Task ScoreFileAsync_KilledWhileItsFolderWasRemoved_RemovesTheRest()
    {
        await using var platform = await ServeAsync(Linear());
        var input = Files.WriteParquet("rows.parquet", "range::FLOAT AS x", 100);
        var output = Files.Combine("out.parquet");
        await platform.Model.ScoreFileAsync(input, output);

        // The job and some parts are gone, and the mark is there.
        var folder = Directory.CreateDirectory(Files.Combine(".out.parquet.scoring")).FullName;
        File.WriteAllText(
            Path.Combine(folder, "finished.json"), FormattableString.Invariant($$"""{"format":"mlp-scoring-output","formatVersion":1,"byteCount":{{new FileInfo(output).Length}}}"""));
        File.WriteAllText(Path.Combine(folder, "part-000000000050-50.parquet"), "rows");
        var error = await Assert.ThrowsAsync<FileScoringException>(() => platform.Model.ScoreFileAsync(input, output));

        Assert.Equal($"Expected '{output}' not to exist, but it does; nothing is overwritten.", error.Message);
        Assert.True(File.Exists(output));
        Assert.False(Directory.Exists(folder));
    }

    /// <summary>The rest of another job is nothing to go on with.</summary>
    [Fact]
    public async Task ScoreFileAsync_KilledWhileItsFolderWasRemovedAndTheOutputTakenAway_BeginsAnew()
    {
        await using var platform = await ServeAsync(Linear());
        var input = Files.WriteParquet("rows.parquet", "range::FLOAT AS x", 100);
        var output = Files.Combine("out.parquet");
        var folder = Directory.CreateDirectory(Files.Combine(".out.parquet.scoring")).FullName;
        File.WriteAllText(Path.Combine(folder, "finished.json"), """{"format":"mlp-scoring-output","formatVersion":1,"byteCount":1}""");
        File.WriteAllText(Path.Combine(folder, "part-000000000000-50.parquet"), "rows");

        var result = await platform.Model.ScoreFileAsync(input, output);

        Assert.Equal((100L, 0L), (result.RowCount, result.ResumedRowCount));
        Assert.Equal(Enumerable.Range(0, 100).Select(i => i * 2.0), Files.Query(output, "score").Select(r => (double)r[0]!));
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public async Task ScoreFileAsync_PlatformClosedMeanwhile_EndsBehindAPartAndIsGoneOnWith()
    {
        var input = Files.WriteParquet("rows.parquet", "range::FLOAT AS x", 100);
        var output = Files.Combine("out.parquet");
        Task closing = Task.CompletedTask;
        await using (var first = await ServeAsync(Linear()))
        {
            var files = ((Model)first.Model).Files;
            var close = new Progress(p =>
            {
                if (p.RowCount > 0 && !files.IsClosing)
                {
                    closing = first.Catalog.CloseAsync(CancellationToken.None);
                    SpinWait.SpinUntil(() => files.IsClosing);
                }
            });
            var scoring = first.Model.ScoreFileAsync(input, output, new FileScoringOptions { RowsPerPart = 10 }, close);
            var ended = await Assert.ThrowsAsync<FileScoringException>(() => scoring);
            await closing;

            Assert.Equal(
                $"Expected the platform to stay open while '{output}' is written, but it was closed (model 'tips'); the same call in a platform that is open goes on behind the last part.", ended.Message);
            await Assert.ThrowsAsync<ModelNotReadyException>(() => first.Model.ScoreFileAsync(input, output));
        }

        await using var second = await ServeAsync(Linear());
        var result = await second.Model.ScoreFileAsync(input, output, new FileScoringOptions { RowsPerPart = 10 });
        Assert.Equal(100, result.RowCount);
        Assert.InRange(result.ResumedRowCount, 10, 90);
    }

    [Theory]
    [InlineData("cut.arrow")]
    [InlineData("cut.arrows")]
    public async Task ScoreFileAsync_BatchOfManyParts_IsCutIntoThemAndWholeAgain(string name)
    {
        await using var platform = await ServeAsync(Linear());
        var input = await Files.WriteArrowAsync("rows.arrow", false, [Batch(0, 5), Batch(5, 90), Batch(95, 5)]);
        var (cut, whole) = (Files.Combine(name), Files.Combine("whole-" + name));
        var reported = new List<long>();

        await platform.Model.ScoreFileAsync(input, cut, new FileScoringOptions { RowsPerPart = 13 }, new Progress(p => reported.Add(p.RowCount)));
        await platform.Model.ScoreFileAsync(input, whole);

        Assert.Equal([0, 13, 26, 39, 52, 65, 78, 91, 100], reported);
        Assert.Equal(await RowsAsync(whole), await RowsAsync(cut));

        static async Task<List<(float, string, double)>> RowsAsync(string path)
        {
            using var reader = ArrowTableSource.Open(path, path.EndsWith('s') ? TableFormat.ArrowStream : TableFormat.ArrowFile);
            var rows = new List<(float, string, double)>();
            while (await reader.ReadNextRecordBatchAsync() is { } batch)
            {
                using (batch)
                {
                    for (var row = 0; row < batch.Length; row++)
                    {
                        rows.Add((((FloatArray)batch.Column(0)).GetValue(row)!.Value, ((StringArray)batch.Column(1)).GetString(row), ((DoubleArray)batch.Column(2)).GetValue(row)!.Value));
                    }
                }
            }

            Assert.Equal(100, rows.Count);
            return rows;
        }
    }
}
