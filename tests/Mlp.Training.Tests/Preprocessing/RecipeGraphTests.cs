using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Mlp.Runtime.Models;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Tests.Preprocessing;

/// <summary>Categories, dates and texts as ONNX Runtime computes them against how the trainer does: the same bits, but for the division by a length (TF-IDF), which may differ in the last one.</summary>
public sealed class RecipeGraphTests
{
    private const float LengthTolerance = 2e-7f;

    private static readonly string[] Words = ["", "a", "b", "The cat", "the CAT sat", "ä€ über 日本語 x_1", "a b a b b", "  ", "new\nline, 12", "𝒳 astral", "é́combining"];

    [Property(MaxTest = 60)]
    public Property Write_AnyRecipesAndRows_GivesWhatEncodeGives()
        => Prop.ForAll(
            Gen.Choose(0, int.MaxValue - 1).ToArbitrary(),
            seed =>
            {
                var random = new Random(seed);
                var rowCount = random.Next(3, 40);
                var (rows, options) = RandomRecipes(random, rowCount);
                var table = FeatureTable.Of(rows.Batch(), rows.Features);
                var learned = random.Next(2, rowCount + 1);
                var classes = random.Next(1, 4);
                double[] labels = [.. Enumerable.Range(0, rowCount).Select(_ => (double)random.Next(classes == 3 ? 3 : 2))];
                var learner = new FeatureEncodingLearner(table.Layout, options, new(ModelTask.MulticlassClassification, classes, seed));
                FeatureEncoding encoding;
                try
                {
                    learner.Add(table, learned, labels, default);
                    encoding = learner.Complete();
                }
                catch (TrainingDataException e) when (e.Message.Contains("it is missing in all", StringComparison.Ordinal) || e.Message.Contains("but found none", StringComparison.Ordinal))
                {
                    return true;
                }

                AssertSame(table, encoding);
                AssertSurvivesJson(table, encoding);
                return true;
            });

    [Fact]
    public void Write_AllTextsEmpty_StillRuns()
    {
        var rows = new Rows().Text("t", "ab cd", "cd", "").Text("h", "x", "y", "").Text("b", "ab cd", "cd", "");
        var options = new PreprocessingOptions();
        options.For("t").BagOfTerms().MinimumTermRows = 1;
        options.For("h").Hash(4);
        options.For("b").HashTerms(4).LongestTerm = 3;
        var table = FeatureTable.Of(rows.Batch(), rows.Features);
        var encoding = FeatureEncoding.Learn(table, 3, options);
        var empty = new Rows().Text("t", "", "").Text("h", "", "").Text("b", "", "");

        AssertSame(FeatureTable.Of(empty.Batch(), empty.Features), encoding);
    }

    [Fact]
    public void Write_MoreCategoriesOfAKind_NoMoreNodes()
    {
        static int Nodes(int features)
        {
            var rows = new Rows();
            var options = new PreprocessingOptions();
            for (var i = 0; i < features; i++)
            {
                rows.Text($"o{i}", "a", "b", "a").Int64($"h{i}", 1, 2, 3).Text($"e{i}", "a", "b", null).Int64($"d{i}", 1, 2, 3);
                options.For($"o{i}").Ordinal();
                options.For($"h{i}").Hash(8);
                options.For($"e{i}").Embed(minimumCount: 1);
                options.For($"d{i}").TakeDateParts(DateParts.Year | DateParts.Weekend, DateParts.Hour);
            }

            var graph = new Mlp.Runtime.Onnx.OnnxGraphBuilder("g");
            var table = FeatureTable.Of(rows.Batch(), rows.Features);
            FeatureEncodingGraph.Write(FeatureEncoding.Learn(table, 3, options), graph);
            return graph.NodeCount;
        }

        Assert.Equal(Nodes(2), Nodes(20));
    }

    internal static void AssertSame(FeatureTable table, FeatureEncoding encoding)
    {
        var expected = EncodingGraphRun.Encode(encoding.Encode(table));
        var found = EncodingGraphRun.Run(table, encoding);

        Assert.Equal(expected.Ids, found.Ids);
        Assert.Equal(expected.Dense.Length, found.Dense.Length);
        for (var i = 0; i < expected.Dense.Length; i++)
        {
            var name = encoding.OutputNames[i % encoding.Width];
            var isDivided = name.StartsWith("tfidf", StringComparison.Ordinal);
            Assert.True(
                BitConverter.SingleToInt32Bits(expected.Dense[i]) == BitConverter.SingleToInt32Bits(found.Dense[i]) || (isDivided && Math.Abs(expected.Dense[i] - found.Dense[i]) <= LengthTolerance),
                $"{name} of row {i / encoding.Width}: {expected.Dense[i]} here, {found.Dense[i]} in the graph.");
        }
    }

    private static void AssertSurvivesJson(FeatureTable table, FeatureEncoding encoding)
    {
        EncodedBlock[] blocks = [.. encoding.Blocks.Select(b => JsonSerializer.Deserialize<EncodedBlock>(JsonSerializer.Serialize(b, Json), Json)!)];
        var again = new FeatureEncoding(encoding.Layout, blocks);

        Assert.Equal(encoding.OutputNames, again.OutputNames);
        var (dense, ids) = EncodingGraphRun.Encode(encoding.EncodeLearned(table, 2));
        var (denseAgain, idsAgain) = EncodingGraphRun.Encode(again.EncodeLearned(table, 2));
        Assert.Equal(dense, denseAgain);
        Assert.Equal(ids, idsAgain);
    }

    private static JsonSerializerOptions Json { get; } = new() { NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };

    private static (Rows Rows, PreprocessingOptions Options) RandomRecipes(Random random, int rowCount)
    {
        var rows = new Rows();
        var options = new PreprocessingOptions { MinimumCategoryCount = random.Next(1, 3), MaximumCategories = random.Next(1, 6) };
        for (var i = random.Next(1, 9); i > 0; i--)
        {
            var nulls = random.Next(3) * 0.2;
            switch (random.Next(4))
            {
                case 0:
                    RandomCategory(random, options.For($"text{i}"), isText: true);
                    rows.Text($"text{i}", [.. Draw(() => Words[random.Next(Words.Length)], nulls)]);
                    break;
                case 1:
                    RandomCategory(random, options.For($"code{i}"), isText: false);
                    rows.Int64($"code{i}", [.. Draw<long?>(() => random.Next(4) == 0 ? random.NextInt64(long.MinValue, long.MaxValue) : random.Next(-3, 4), nulls)]);
                    break;
                case 2:
                    RandomDate(random, options.For($"date{i}"));
                    rows.Int64($"date{i}", [.. Draw<long?>(() => random.Next(5) == 0 ? random.NextInt64(long.MinValue, long.MaxValue) : random.NextInt64(-3_000_000_000_000_000, 3_000_000_000_000_000), nulls)]);
                    break;
                default:
                    var weight = (TermWeight)random.Next(3);
                    RandomText(random, options.For($"{(weight == TermWeight.TfIdf ? "tfidf" : "bag")}{i}"), weight);
                    rows.Text($"{(weight == TermWeight.TfIdf ? "tfidf" : "bag")}{i}", [.. Draw(() => Words[random.Next(Words.Length)], nulls)]);
                    break;
            }
        }

        return (rows, options);

        IEnumerable<T?> Draw<T>(Func<T> draw, double nulls) => Enumerable.Range(0, rowCount).Select(_ => random.NextDouble() < nulls ? default : draw());
    }

    private static void RandomCategory(Random random, FeatureRecipe recipe, bool isText)
    {
        switch (random.Next(7))
        {
            case 0:
                (recipe.Category, recipe.DropFirst, recipe.Unknown) = (CategoryKind.OneHot, random.Next(2) == 0, (UnknownCategory)random.Next(2));
                break;
            case 1:
                recipe.Ordinal((CategoryOrder)random.Next(2)).Standardise = random.Next(2) == 0;
                break;
            case 2:
                recipe.Ordinal(isText ? ["b", "a", "not there"] : ["3", "-1", "9000000000000000000"]).MissingCode = -7;
                break;
            case 3:
                recipe.CountFrequency((FrequencyMeasure)random.Next(3)).MaximumCategories = random.Next(1, 5);
                break;
            case 4:
                recipe.TargetEncode((TargetSmoothing)random.Next(3)).TargetFolds = random.Next(2, 6);
                recipe.Standardise = random.Next(2) == 0;
                break;
            case 5:
                recipe.Hash(random.Next(2, 20), random.Next(2) == 0);
                break;
            default:
                recipe.Embed(random.Next(1, 6), random.Next(1, 3));
                break;
        }
    }

    private static void RandomDate(Random random, FeatureRecipe recipe)
    {
        recipe.TakeDateParts((DateParts)random.Next(1, 256), (DateParts)random.Next(256) & ~(DateParts.Year | DateParts.Weekend));
        recipe.TimestampUnit = (TimestampUnit)random.Next(3);
        recipe.UtcOffset = TimeSpan.FromMinutes(random.Next(-900, 900));
        recipe.Standardise = random.Next(2) == 0;
    }

    private static void RandomText(Random random, FeatureRecipe recipe, TermWeight weight)
    {
        if (random.Next(2) == 0)
        {
            recipe.BagOfTerms((TextTerms)random.Next(2), weight, random.Next(1, 30)).MinimumTermRows = 1;
        }
        else
        {
            recipe.HashTerms(random.Next(2, 10), (TextTerms)random.Next(2), weight);
        }

        recipe.ShortestTerm = random.Next(1, 3);
        recipe.LongestTerm = recipe.ShortestTerm + random.Next(3);
        recipe.KeepCase = random.Next(2) == 0;
    }
}
