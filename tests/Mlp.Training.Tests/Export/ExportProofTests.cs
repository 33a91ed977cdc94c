using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Training.Evaluation;
using Mlp.Training.Export;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Tests.Export;

public sealed class ExportProofTests
{
    [Theory]
    [InlineData(0, 4096)]
    [InlineData(4096, 4096)]
    [InlineData(100_000, 167)]
    [InlineData(10_000_000, 64)]
    public void BatchFor_WideEncoding_TakesFewerRows(int width, int rows) => Assert.Equal(rows, ExportProver.BatchFor(width));

    [Fact]
    public async Task Export_Network_ProvesRealMissingAndExtremeRows()
    {
        using var network = await OnnxExporterTests.TrainAsync();

        var proof = network.Export().ExportProof;

        // 5 features of 5 types: 3 rows without each and 3 without any; 10 + 13 + 11 + 2 + 7 extreme values, and 13 rows of nothing else.
        Assert.Equal((60, 60, 18, 56), (proof.RowCount, proof.Real!.RowCount, proof.Missing!.RowCount, proof.Extreme!.RowCount));
        foreach (var part in (ExportProofPart[])[proof.Real, proof.Missing, proof.Extreme])
        {
            Assert.InRange(part.MaximumDifference, 0, proof.Tolerance);
            Assert.Contains(part.BatchSize, (int[])[4096, 300, 64, 60, 56, 44, 18, 7, 4, 2, 1]);
        }

        Assert.Equal(proof.MaximumDifference, new[] { proof.Real, proof.Missing, proof.Extreme }.Max(p => p.MaximumDifference));
        Assert.Null(proof.Real.Change);
        Assert.NotNull(proof.Missing.Change);
    }

    [Theory]
    [MemberData(nameof(Recipes))]
    public async Task Export_FeaturesOfARecipe_AgreeAtTheirExtremesToo(string name, Action<PreprocessingOptions> recipe)
    {
        using var network = await OnnxExporterTests.TrainAsync(o => recipe(o.Preprocessing));

        var proof = network.Export().ExportProof;

        Assert.True(proof.MaximumDifference <= 1e-5, name);
        Assert.Equal(56, proof.Extreme!.RowCount);
    }

    public static TheoryData<string, Action<PreprocessingOptions>> Recipes => new()
    {
        { "log", o => o.For("miles").Apply(NumberFunction.Log).Scale(NumberScaling.MinMax) },
        { "log1p", o => o.For("fare").Impute(ImputeKind.Median).Apply(NumberFunction.Log1P).RobustScale() },
        { "signedLog", o => o.For("fare").Apply(NumberFunction.SignedLog).PassThrough() },
        { "yeoJohnson", o => o.For("fare").Apply(NumberFunction.YeoJohnson) },
        { "quantile", o => o.For("fare").ClipQuantiles(0.01, 0.99).Scale(NumberScaling.QuantileUniform) },
        { "quantileNormal", o => o.For("miles").Scale(NumberScaling.QuantileNormal) },
        { "buckets", o => o.For("miles").Bucketize([1, 3, 9]) },
        { "passThroughSingle", o => o.For("miles").PassThrough() },
        { "passThroughDouble", o => o.For("fare").PassThrough() },
        { "passThroughInteger", o => o.For("hour").PassThrough() },
        { "dates", o => o.For("hour").TakeDateParts((DateParts)255, DateParts.Hour | DateParts.Weekday) },
        { "ordinal", o => o.For("hour").Ordinal() },
        { "hash", o => o.For("company").Hash(8, isSigned: true) },
        { "hashOfIntegers", o => o.For("hour").Hash(8) },
        { "frequency", o => o.For("company").CountFrequency() },
        { "target", o => o.For("company").TargetEncode() },
        { "terms", o => o.For("company").BagOfTerms(TextTerms.Letters, TermWeight.TfIdf) },
    };

    [Theory]
    [InlineData(5e-6f, 1e-5, false)]
    [InlineData(5e-5f, 1e-5, true)]
    [InlineData(5e-5f, 1e-4, false)]
    [InlineData(float.NaN, 1e-4, true)]
    public void Prove_RealRowDiffers_IsRefusedAboveTheTolerance(float difference, double tolerance, bool isRefused)
    {
        var scores = Sums(Numbers, 1);
        scores[1] += difference;

        if (isRefused)
        {
            var error = Assert.Throws<ExportRefusedException>(() => Prove(Numbers, scores, tolerance));
            Assert.StartsWith(
                FormattableString.Invariant($"Expected the exported model to agree with the trained one within {tolerance} (relative to scores above 1), but on real rows output 0 of row 1 of 20 is 1 in a batch of "),
                error.Message,
                StringComparison.Ordinal);
            Assert.EndsWith(FormattableString.Invariant($" where the trained one says {scores[1]:G9}."), error.Message, StringComparison.Ordinal);
            Assert.Equal((1, 0), (error.Proof.Real!.Row, error.Proof.Real.Output));
            Assert.Equal(tolerance, error.Limit);
        }
        else
        {
            Assert.Equal(1, Prove(Numbers, scores, tolerance).Real!.Row);
        }
    }

    [Fact]
    public void Prove_OneOfSeveralOutputsDiffers_NamesIt()
    {
        var scores = Sums(Numbers, 3);
        scores[(4 * 3) + 2] += 1;

        var error = Assert.Throws<ExportRefusedException>(() => Prove(Numbers, scores, 1e-5, outputs: 3));

        Assert.Contains("output 2 of row 4 of 20", error.Message, StringComparison.Ordinal);
        Assert.Equal((4, 2), (error.Proof.Real!.Row, error.Proof.Real.Output));
    }

    [Fact]
    public void Prove_RowBehindTheFirstBatch_IsFound()
    {
        var table = Table([.. Enumerable.Range(0, 9000).Select(i => (float?)(i % 7))]);
        var scores = Sums(table, 1);
        scores[8999] += 1;

        var error = Assert.Throws<ExportRefusedException>(() => Prove(table, scores, 1e-5));

        Assert.Equal((9000, 8999, 9000 - (2 * 4096)), (error.Proof.RowCount, error.Proof.Real!.Row, error.Proof.Real.BatchSize));
    }

    [Fact]
    public void Prove_FileDependsOnTheBatch_IsRefused()
    {
        // A row by itself comes to nothing: only a run of one row shows it.
        var table = Table([.. Enumerable.Range(0, 300).Select(i => (float?)i)]);
        var onnx = File(1, (graph, sum) =>
        {
            var rowCount = graph.AddNode("Gather", [graph.AddNode("Shape", [sum]), graph.AddConstant("first", [0L])]);
            var isBatch = graph.AddNode("Greater", [rowCount, graph.AddConstant("one", [1L])]);
            return graph.AddNode("Mul", [sum, graph.AddNode("Cast", [isBatch], [OnnxAttribute.Int("to", (int)OnnxDataType.Float32)])]);
        });

        var error = Assert.Throws<ExportRefusedException>(() => Prove(table, Sums(table, 1), 1e-5, onnx: onnx));

        Assert.Equal(1, error.Proof.Real!.BatchSize);
    }

    [Fact]
    public void Prove_MissingValueIsTreatedDifferently_NamesTheFeature()
    {
        // The trained model says 0 of a row without a value; the file says NaN.
        var error = Assert.Throws<ExportRefusedException>(() => Prove(Numbers, Sums(Numbers, 1), 1e-5, missing: 0));

        Assert.Contains("on rows with missing values output 0 of row 0 of 3 (feature 'x' missing) is NaN", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Prove_ExtremeValueIsTreatedDifferently_IsRefusedUnlessItIsOnlyRecorded()
    {
        // The trained model cuts off what the file does not.
        float[] Cut(FeatureTable table) => [.. Sums(table, 1).Select(s => float.IsNaN(s) ? s : Math.Clamp(s, -1000, 1000))];

        var error = Assert.Throws<ExportRefusedException>(() => Prove(Numbers, Sums(Numbers, 1), 1e-5, score: Cut));
        var proof = Prove(Numbers, Sums(Numbers, 1), 1e-5, double.PositiveInfinity, score: Cut);

        Assert.Contains("on rows with extreme values output 0 of row ", error.Message, StringComparison.Ordinal);
        Assert.Contains("(feature 'x' at ", error.Message, StringComparison.Ordinal);
        Assert.Equal(double.PositiveInfinity, proof.Extreme!.MaximumDifference);
        Assert.Equal(0, proof.Missing!.MaximumDifference);
    }

    [Fact]
    public void Prove_LaterRowDependsOnItsBatch_IsFound()
    {
        // Alone, a row of 200 or more comes to nothing: those are among the last of the set.
        var table = Table([.. Enumerable.Range(0, 300).Select(i => (float?)i)]);
        var onnx = File(1, (graph, sum) =>
        {
            var rowCount = graph.AddNode("Gather", [graph.AddNode("Shape", [sum]), graph.AddConstant("first", [0L])]);
            var isBatch = graph.AddNode("Greater", [rowCount, graph.AddConstant("one", [1L])]);
            var isEarly = graph.AddNode("Less", [sum, graph.AddConstant("late", (ReadOnlySpan<float>)[200f])]);
            return graph.AddNode("Where", [graph.AddNode("Or", [isBatch, isEarly]), sum, graph.AddConstant("nothing", (ReadOnlySpan<float>)[0f])]);
        });

        var error = Assert.Throws<ExportRefusedException>(() => Prove(table, Sums(table, 1), 1e-5, onnx: onnx));

        Assert.Equal(1, error.Proof.Real!.BatchSize);
        Assert.InRange(error.Proof.Real.Row, 200, 299);
    }

    [Fact]
    public void Prove_BothSayNaNOrInfinity_Agree()
    {
        var proof = Prove(Numbers, Sums(Numbers, 1), 1e-5);

        Assert.Equal(0, proof.MaximumDifference);
        Assert.Equal((20, 3, 10), (proof.Real!.RowCount, proof.Missing!.RowCount, proof.Extreme!.RowCount));
    }

    [Fact]
    public void WithExtremes_ManyFeatures_ChangesSeveralAtOnceAndReachesAll()
    {
        var rows = new Rows();
        for (var i = 0; i < 2000; i++)
        {
            rows.Float32(FormattableString.Invariant($"f{i}"), 1, 2, 3);
        }

        var table = FeatureTable.Of(rows.Batch(), rows.Features);

        var extreme = ProofRows.WithExtremes(table, 0);

        Assert.InRange(extreme.Count, 1000, 2100);
        Assert.Contains("features 'f0' to 'f", extreme.ChangeOf(0), StringComparison.Ordinal);
        for (var i = 0; i < 2000; i++)
        {
            Assert.Contains(float.MaxValue, ((NumberColumn<float>)extreme.Table.Columns[i]).Values.ToArray());
        }
    }

    [Fact]
    public void WithoutValues_EveryReasonForAMissingValueComesUp()
    {
        var missing = ProofRows.WithoutValues(Numbers, 0);

        Assert.Equal([FeatureStatus.Null, FeatureStatus.Missing, FeatureStatus.Expired], missing.Table.Columns[0].Statuses.ToArray());
    }

    private static FeatureTable Numbers => Table([.. Enumerable.Range(0, 20).Select(i => (float?)i)]);

    private static FeatureTable Table(float?[] values)
    {
        var rows = new Rows().Float32("x", values);
        return FeatureTable.Of(rows.Batch(), rows.Features);
    }

    // What the file of these tests computes: x in every output.
    private static float[] Sums(FeatureTable table, int outputs)
    {
        var values = ((NumberColumn<float>)table.Columns[0]).Values;
        var sums = new float[values.Length * outputs];
        for (var i = 0; i < sums.Length; i++)
        {
            sums[i] = values[i / outputs];
        }

        return sums;
    }

    private static byte[] File(int outputs, Func<OnnxGraphBuilder, string, string>? after = null)
    {
        var graph = new OnnxGraphBuilder("model");
        var x = graph.AddInput("float32", OnnxDataType.Float32, OnnxGraphBuilder.Batch, 1);
        var all = graph.AddNode("Concat", [.. Enumerable.Repeat(x, outputs)], [OnnxAttribute.Int("axis", 1)]);
        graph.AddNode("Identity", [after?.Invoke(graph, all) ?? all], output: OnnxExporter.ScoreOutput);
        graph.AddOutput(OnnxExporter.ScoreOutput, OnnxDataType.Float32, OnnxGraphBuilder.Batch, outputs);
        return graph.Build();
    }

    private static ExportProof Prove(
        FeatureTable table, float[] scores, double tolerance, double? extremeTolerance = null, int outputs = 1, byte[]? onnx = null, float? missing = null, Func<FeatureTable, float[]>? score = null)
    {
        var output = new ModelOutput { Task = ModelTask.Regression, ScoreOutput = OnnxExporter.ScoreOutput };
        using var file = OnnxScorer.Open("exported", onnx ?? File(outputs), table.Layout.Columns, output);
        var set = ProofSet.Create(table, 0, scores, (_, changed) => [.. (score ?? (t => Sums(t, outputs)))(changed).Select(s => float.IsNaN(s) && missing is { } value ? value : s)]);
        return OnnxExporter.Prove(file, set, new(tolerance, tolerance, extremeTolerance ?? tolerance), CancellationToken.None);
    }
}
