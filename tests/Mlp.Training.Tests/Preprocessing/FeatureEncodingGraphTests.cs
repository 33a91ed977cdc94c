using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Mlp.Runtime.Data;
using Mlp.Runtime.Onnx;
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

                EncodingRun.AssertSameBits(table, FeatureEncoding.Learn(table, random.Next(1, table.RowCount + 1), options));
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

        var encoded = EncodingRun.Run(table, encoding);

        Assert.Equal(4, encoded.Distinct().Count());
        EncodingRun.AssertSameBits(table, encoding);
    }

    private static Rows RandomRows(Random random, int rowCount)
    {
        // The first row has every value: a feature without any is refused.
        var rows = new Rows();
        var features = random.Next(1, 8);
        for (var i = 0; i < features; i++)
        {
            var name = $"f{i}";
            var nulls = random.Next(3) * 0.2;
            switch (random.Next(6))
            {
                case 0:
                    rows.Float32(name, Draw<float>(row => row == 0 ? 1 : RandomFloat(random)));
                    break;
                case 1:
                    rows.Float64(name, Draw<double>(row => row == 0 ? 1 : RandomFloat(random) * 1e12 * random.NextDouble()));
                    break;
                case 2:
                    rows.Int64(name, Draw<long>(_ => random.Next(4) == 0 ? random.NextInt64() : random.Next(6)));
                    break;
                case 4:
                    var length = random.Next(2, 5);
                    rows.Vector(name, length, [.. Enumerable.Range(0, rowCount).Select(row => row > 0 && random.NextDouble() < nulls ? null : Enumerable.Range(0, length).Select(_ => row == 0 ? 1 : RandomFloat(random)).ToArray())]);
                    break;
                case 3:
                    rows.Boolean(name, Draw<bool>(_ => random.Next(2) == 0));
                    break;
                default:
                    rows.Text(name, [.. Enumerable.Range(0, rowCount).Select(row => row == 0 ? "first" : random.NextDouble() < nulls ? null : Words[random.Next(Words.Length)])]);
                    break;
            }

            T?[] Draw<T>(Func<int, T> draw)
                where T : struct
                => [.. Enumerable.Range(0, rowCount).Select(row => row > 0 && random.NextDouble() < nulls ? (T?)null : draw(row))];
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
