using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Training.Evaluation;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Tests.Preprocessing;

/// <summary>The rule as ONNX Runtime runs it against the rule as the trainer runs it: the same bits.</summary>
public sealed class FeatureEncodingGraphTests
{
    private static readonly string?[] Words = ["", "a", "b", "ä€", "long text with spaces", null];

    [Property(MaxTest = 40)]
    public Property Write_AnyFeaturesAndRows_GivesTheBitsOfEncode()
        => Prop.ForAll(
            Gen.Choose(0, int.MaxValue - 1).ToArbitrary(),
            seed =>
            {
                var random = new Random(seed);
                var rows = RandomRows(random, rowCount: random.Next(2, 40));
                var table = FeatureTable.Of(rows.Batch(), rows.Features);
                var options = new PreprocessingOptions
                {
                    MaximumCategories = random.Next(1, 5),
                    MinimumCategoryCount = random.Next(1, 4),
                    MaximumDeviation = random.Next(1, 5),
                };
                foreach (var feature in rows.Features.Where(f => f.Type == FeatureType.Int64 && random.Next(2) == 0))
                {
                    options.CategoricalFeatures.Add(feature.Name);
                }

                AssertSameBits(table, FeatureEncoding.Learn(table, random.Next(1, table.RowCount + 1), options));
                return true;
            });

    [Fact]
    public void Write_FloatsOnly_TakesNoStatus()
    {
        var graph = new OnnxGraphBuilder("g");
        var rows = new Rows().Float32("x", 1f, 2f).Float64("y", 1, 2);
        var table = FeatureTable.Of(rows.Batch(), rows.Features);

        FeatureEncodingGraph.Write(FeatureEncoding.Learn(table, 2, new PreprocessingOptions()), graph);

        var signature = OnnxModelReader.Read("m", graph.Build()).Signature;
        Assert.Equal(["float32", "float64"], signature.Inputs.Select(i => i.Name));
    }

    [Fact]
    public void Write_WithoutRecipes_GivesTheGraphThatFilesHaveHad()
    {
        var rows = new Rows().Float32("a", 1f, null, 4f).Text("t", "x", "y", "x").Int64("i", 1, 2, 7).Float64("b", 1, 2, 4).Boolean("f", true, null, false).Vector("v", 2, [1, 2], [3, 4], [5, 5]).Int64("code", 3, 3, 9);
        var table = FeatureTable.Of(rows.Batch(), rows.Features);
        var graph = new OnnxGraphBuilder("g");

        FeatureEncodingGraph.Write(FeatureEncoding.Learn(table, 3, new PreprocessingOptions { MinimumCategoryCount = 1, CategoricalFeatures = { "code" } }), graph);

        Assert.StartsWith("F0D6161BB129D3302C0F50FEEB918E38A583F5DED", Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(graph.Build())), StringComparison.Ordinal);
    }

    [Fact]
    public void Write_MoreFeaturesOfAKind_NoMoreNodes()
    {
        static int Nodes(int features)
        {
            var rows = new Rows();
            for (var i = 0; i < features; i++)
            {
                rows.Float32($"f{i}", 1f, 2f, null).Int64($"i{i}", 1, 2, 3).Text($"t{i}", "a", "b", "a");
            }

            var graph = new OnnxGraphBuilder("g");
            var table = FeatureTable.Of(rows.Batch(), rows.Features);
            FeatureEncodingGraph.Write(FeatureEncoding.Learn(table, 3, new PreprocessingOptions()), graph);
            return graph.NodeCount;
        }

        Assert.Equal(Nodes(2), Nodes(20));
    }

    [Fact]
    public void Write_IntegersBeyondFloat_KeepTheirDifferences()
    {
        // As float32 all four would be the same number.
        var rows = new Rows().Int64("x", 9_000_000_000_001, 9_000_000_000_002, 9_000_000_000_003, 9_000_000_000_004);
        var table = FeatureTable.Of(rows.Batch(), rows.Features);
        var encoding = FeatureEncoding.Learn(table, 4, new PreprocessingOptions());

        var encoded = Run(table, encoding);

        Assert.Equal(4, encoded.Distinct().Count());
        AssertSameBits(table, encoding);
    }

    private static void AssertSameBits(FeatureTable table, FeatureEncoding encoding)
    {
        var encoded = encoding.Encode(table);
        var expected = new float[table.RowCount * encoding.Width];
        encoded.Copy(0, table.RowCount, expected);

        Assert.Equal(expected.Select(BitConverter.SingleToInt32Bits), Run(table, encoding).Select(BitConverter.SingleToInt32Bits));
    }

    private static float[] Run(FeatureTable table, FeatureEncoding encoding)
    {
        var graph = new OnnxGraphBuilder("encoding");
        var encoded = FeatureEncodingGraph.Write(encoding, graph).Dense!;
        graph.AddOutput(encoded, OnnxDataType.Float32, OnnxGraphBuilder.Batch, encoding.Width);
        var onnx = graph.Build();
        var candidate = OnnxScorer.Describe("m", onnx, encoding.Layout.Columns, new ModelOutput { Task = ModelTask.Regression, ScoreOutput = encoded });
        using var model = TrialModel.Open(candidate, new OnnxFiles(onnx, null, WeightStorage.Resident, 0), table.RowCount, TimeProvider.System);
        TableRows.Copy(table, 0, table.RowCount, model.Slot.Rows);
        model.Run(0);
        return model.Slot.Score.Floats[..(table.RowCount * encoding.Width)].ToArray();
    }

    private static Rows RandomRows(Random random, int rowCount)
    {
        var rows = new Rows();
        var features = random.Next(1, 8);
        for (var i = 0; i < features; i++)
        {
            var name = $"f{i}";
            var nulls = random.Next(3) * 0.2;
            switch (random.Next(6))
            {
                case 0:
                    rows.Float32(name, Draw<float>(() => RandomFloat(random)));
                    break;
                case 1:
                    rows.Float64(name, Draw<double>(() => RandomFloat(random) * 1e12 * random.NextDouble()));
                    break;
                case 2:
                    rows.Int64(name, Draw<long>(() => random.Next(4) == 0 ? random.NextInt64() : random.Next(6)));
                    break;
                case 4:
                    var length = random.Next(2, 5);
                    rows.Vector(name, length, [.. Enumerable.Range(0, rowCount).Select(_ => random.NextDouble() < nulls ? null : Enumerable.Range(0, length).Select(_ => RandomFloat(random)).ToArray())]);
                    break;
                case 3:
                    rows.Boolean(name, Draw<bool>(() => random.Next(2) == 0));
                    break;
                default:
                    rows.Text(name, [.. Enumerable.Range(0, rowCount).Select(_ => random.NextDouble() < nulls ? null : Words[random.Next(Words.Length)])]);
                    break;
            }

            T?[] Draw<T>(Func<T> draw)
                where T : struct
                => [.. Enumerable.Range(0, rowCount).Select(_ => random.NextDouble() < nulls ? (T?)null : draw())];
        }

        return rows;
    }

    private static float RandomFloat(Random random) => random.Next(20) switch
    {
        0 => float.NaN,
        1 => float.PositiveInfinity,
        2 => float.NegativeInfinity,
        3 => float.MaxValue,
        4 => float.Epsilon,
        _ => (float)((random.NextDouble() - 0.5) * 100),
    };
}
