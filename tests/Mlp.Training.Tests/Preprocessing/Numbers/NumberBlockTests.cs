using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Mlp.Runtime.Data;
using Mlp.Runtime.Onnx;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Tests.Preprocessing.Numbers;

/// <summary>Recipes of quantities as ONNX Runtime runs them against the same recipes in C#.</summary>
public sealed class NumberBlockTests
{
    private static readonly NumberFunction[] Positive = [NumberFunction.Log, NumberFunction.Log1P];

    [Property(MaxTest = 60)]
    public Property Write_RecipesWithoutLogarithms_GiveTheBitsOfEncode()
        => Prop.ForAll(
            Gen.Choose(0, int.MaxValue - 1).ToArbitrary(),
            seed =>
            {
                var (table, options) = Draw(new Random(seed), hasFunctions: false);
                EncodingRun.AssertSameBits(table, FeatureEncoding.Learn(table, table.RowCount / 2, options));
                return true;
            });

    [Property(MaxTest = 60)]
    public Property Write_RecipesWithFunctions_AreWithinAMillionth()
        => Prop.ForAll(
            Gen.Choose(0, int.MaxValue - 1).ToArbitrary(),
            seed =>
            {
                var (table, options) = Draw(new Random(seed), hasFunctions: true);
                EncodingRun.AssertClose(table, FeatureEncoding.Learn(table, table.RowCount / 2, options), 1e-6);
                return true;
            });

    [Fact]
    public void Write_MoreFeaturesOfARecipe_NoMoreNodes()
    {
        static int Nodes(int features)
        {
            var rows = new Rows();
            var options = new PreprocessingOptions();
            for (var i = 0; i < features; i++)
            {
                rows.Float32($"a{i}", 1f, 2f, null, 9f).Float32($"b{i}", 1f, 2f, null, 9f).Float32($"c{i}", 1f, 2f, null, 9f).Float32($"d{i}", 1f, 2f, null, 9f);
                options.For($"a{i}").Clip(0, 5).Apply(NumberFunction.Log1P).RobustScale();
                options.For($"b{i}").Scale(NumberScaling.QuantileNormal);
                options.For($"c{i}").Bucketize(BucketKind.Quantile, 2);
                options.For($"d{i}").Apply(NumberFunction.YeoJohnson);
            }

            var graph = new OnnxGraphBuilder("g");
            var table = FeatureTable.Of(rows.Batch(), rows.Features);
            FeatureEncodingGraph.Write(FeatureEncoding.Learn(table, 4, options), graph);
            return graph.NodeCount;
        }

        Assert.Equal(Nodes(2), Nodes(12));
    }

    [Fact]
    public void Write_NumberWithoutALogarithmInService_CountsAsMissing()
    {
        var rows = new Rows().Float64("x", 1, Math.E, Math.E * Math.E, 0, -1, null);
        var options = new PreprocessingOptions();
        options.For("x").Apply(NumberFunction.Log).PassThrough().AddIndicator().Impute(1);
        var table = FeatureTable.Of(rows.Batch(), rows.Features);

        var encoding = FeatureEncoding.Learn(table, 3, options);

        Assert.Equal([0f, 0f, 1f, 0f, 2f, 0f, 0f, 1f, 0f, 1f, 0f, 1f], EncodingRun.Encode(table, encoding).Select(v => MathF.Round(v, 6)));
        EncodingRun.AssertClose(table, encoding, 1e-6);
    }

    private static (FeatureTable Table, PreprocessingOptions Options) Draw(Random random, bool hasFunctions)
    {
        var rowCount = random.Next(8, 60);
        var rows = new Rows();
        var options = new PreprocessingOptions();
        for (var i = 0; i < random.Next(1, 7); i++)
        {
            var name = $"f{i}";
            var nulls = random.Next(2) * 0.2;
            var isTied = random.Next(2) == 0;
            var function = hasFunctions ? (NumberFunction)random.Next(5) : NumberFunction.None;
            bool IsNull(int row) => row > 1 && random.NextDouble() < nulls;
            double Value(int row)
            {
                // Two rows that differ come first. Functions without a value below 0 learn from numbers above it, and meet others later.
                var size = isTied ? random.Next(4) : (random.NextDouble() - 0.3) * Math.Pow(10, random.Next(4));
                var value = row < 2 ? row + 1 : row == rowCount - 1 ? (random.Next(2) == 0 ? double.NaN : double.PositiveInfinity) : size;
                return Positive.Contains(function) && row < rowCount / 2 ? Math.Abs(value) + 0.5 : value;
            }

            switch (random.Next(5))
            {
                case 0:
                    rows.Float32(name, [.. Enumerable.Range(0, rowCount).Select(r => IsNull(r) ? (float?)null : (float)Value(r))]);
                    break;
                case 1:
                    rows.Float64(name, [.. Enumerable.Range(0, rowCount).Select(r => IsNull(r) ? (double?)null : Value(r))]);
                    break;
                case 2:
                    rows.Int64(name, [.. Enumerable.Range(0, rowCount).Select(r => IsNull(r) || !double.IsFinite(Value(r)) ? (long?)null : (long)Math.Ceiling(Value(r)))]);
                    break;
                case 3:
                    rows.Vector(name, 2, [.. Enumerable.Range(0, rowCount).Select(r => IsNull(r) ? null : new[] { (float)Value(r), (float)Value(r) })]);
                    break;
                default:
                    rows.Boolean(name, [.. Enumerable.Range(0, rowCount).Select(r => IsNull(r) ? (bool?)null : r % 2 == 0)]);
                    function = Positive.Contains(function) ? NumberFunction.SignedLog : function;
                    break;
            }

            var recipe = Recipe(options.For(name), random, hasFunctions);
            recipe.Apply(recipe.Scaling is NumberScaling.QuantileUniform or NumberScaling.QuantileNormal || recipe.Buckets is BucketKind.Edges or BucketKind.Quantile ? NumberFunction.None : function);
        }

        return (FeatureTable.Of(rows.Batch(), rows.Features), options);
    }

    private static FeatureRecipe Recipe(FeatureRecipe recipe, Random random, bool hasFunctions)
    {
        _ = random.Next(5) switch
        {
            0 => recipe.Impute(ImputeKind.Median),
            1 => recipe.Impute(ImputeKind.MostFrequent),
            2 => recipe.Impute(random.Next(1, 9)),
            _ => recipe.Impute(ImputeKind.Mean),
        };
        _ = random.Next(3) switch
        {
            0 => recipe.Clip(random.Next(2) == 0 ? 0.25 : null, random.Next(2) == 0 ? 8 : null),
            1 => recipe.ClipQuantiles(0.05, 0.9),
            _ => recipe,
        };
        recipe.Indicator = random.Next(3) switch { 0 => true, 1 => false, _ => null };
        return random.Next(9) switch
        {
            0 => recipe.Scale(NumberScaling.MinMax),
            1 => recipe.RobustScale(random.NextDouble() * 0.4, 0.6 + (random.NextDouble() * 0.4)),
            2 => recipe.PassThrough(),
            3 => recipe.Scale(NumberScaling.QuantileUniform),
            4 => recipe.Bucketize([0.75, 1.25, 3], (BucketOutput)random.Next(2)),
            5 => recipe.Bucketize(BucketKind.Uniform, random.Next(2, 6), (BucketOutput)random.Next(2)),
            6 when hasFunctions => recipe.Scale(NumberScaling.QuantileNormal),
            7 => recipe.Scale(NumberScaling.Standard),
            _ => recipe,
        };
    }
}
