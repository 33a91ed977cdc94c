using Microsoft.Extensions.Configuration;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Training.Evaluation;
using Mlp.Training.Networks;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Tests.Preprocessing;

/// <summary>Recipes from training to the exported file, which the platform scores as in service.</summary>
public sealed class TrainedRecipeTests
{
    private const int RowCount = 1500;

    [Fact]
    public async Task FitAsync_EveryKindOfCategoryDateAndText_ExportsWhatItTrained()
    {
        var options = new NetworkOptions { Seed = 1, MaxEpochs = 12, LearningRate = 0.01 };
        options.Preprocessing.For("shop").TargetEncode();
        options.Preprocessing.For("size").Ordinal(["small", "medium", "large"]);
        options.Preprocessing.For("colour").CountFrequency();
        options.Preprocessing.For("customer").Hash(32, isSigned: true);
        options.Preprocessing.For("area").Embed();
        options.Preprocessing.For("at").TakeDateParts(DateParts.Weekend, DateParts.Hour);
        options.Preprocessing.For("note").BagOfTerms(weight: TermWeight.TfIdf);
        var split = await TimeSplit.ByShareAsync(Create(), 0.3);

        using var network = await new NetworkTrainer(options).FitAsync(split.Training);
        var model = network.Export();
        var result = await Evaluator.EvaluateAsync(model, split.Holdout);

        Assert.InRange(model.ExportProof.MaximumDifference, 0, 1e-5);
        Assert.InRange(result.Metrics["auc"], 0.8, 1);
    }

    [Fact]
    public async Task FitAsync_TargetEncodingOfManyValues_IsNoBetterThanChanceWhereLabelsAreChance()
    {
        // 700 values of about two rows each: a row that saw its own label would be fitted well, and every later row badly.
        var random = new Random(3);
        var rows = new Rows()
            .Text("id", [.. Enumerable.Range(0, RowCount).Select(_ => $"v{random.Next(700)}")])
            .Label("label", [.. Enumerable.Range(0, RowCount).Select(_ => random.Next(2) == 0)]);
        var options = new NetworkOptions { Seed = 1, MaxEpochs = 8, ValidationShare = 0 };
        options.Preprocessing.For("id").TargetEncode(TargetSmoothing.MEstimate).SmoothingWeight = 1;

        using var network = await new NetworkTrainer(options).FitAsync(rows.Set("label"));

        Assert.InRange(network.History[^1].TrainingLoss!.Value, 0.66, 0.75);
    }

    [Fact]
    public async Task FitAsync_TargetEncodingWithValidationGiven_MeasuresItsRowsAsTheyAreServed()
    {
        // Rows that validate have labels that nothing was learned from: the table of all training rows is for them, as for rows in service.
        var options = new NetworkOptions { Seed = 1, MaxEpochs = 2, LearningRate = 0.05, HiddenLayers = [] };
        options.Preprocessing.For("id").TargetEncode(TargetSmoothing.MEstimate).SmoothingWeight = 1;
        var (training, validation) = (Shops(160, seed: 1), Shops(160, seed: 2));

        using var network = await new NetworkTrainer(options).FitAsync(training.Set("label"), validation.Set("label"));

        var labels = (Apache.Arrow.BooleanArray)validation.Batch().Column("label");
        var loss = network.Predict(validation.Batch()).Select((p, row) => -Math.Log(labels.GetValue(row)!.Value ? p : 1 - p)).Average();
        Assert.Equal(loss, network.History[network.BestEpoch - 1].ValidationLoss!.Value, 1e-5);

        static Rows Shops(int count, int seed)
        {
            var random = new Random(seed);
            var shops = Enumerable.Range(0, count).Select(_ => random.Next(20)).ToArray();
            return new Rows().Text("id", [.. shops.Select(s => $"v{s}")]).Label("label", [.. shops.Select(s => random.Next(20) < s)]);
        }
    }

    [Fact]
    public void Recipes_FromConfiguration_AreTheFluentOnes()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Features:city:Category"] = "Target",
            ["Features:city:Smoothing"] = "MEstimate",
            ["Features:at:DateParts"] = "Hour, Weekend",
            ["Features:at:UtcOffset"] = "01:00:00",
            ["Features:size:Category"] = "Ordinal",
            ["Features:size:Order"] = "Given",
            ["Features:size:GivenCategories:0"] = "small",
            ["Features:size:GivenCategories:1"] = "large",
        }).Build();
        var options = new PreprocessingOptions();

        configuration.Bind(options);

        Assert.Empty(options.FindFailures("Preprocessing", ':'));
        Assert.Equal((CategoryKind.Target, TargetSmoothing.MEstimate), (options.For("city").Category, options.For("city").Smoothing));
        Assert.Equal((DateParts.Hour | DateParts.Weekend, TimeSpan.FromHours(1)), (options.For("at").DateParts, options.For("at").UtcOffset));
        Assert.Equal(["small", "large"], options.For("size").GivenCategories!);
    }

    private static ArrowTrainingSet Create()
    {
        var random = new Random(11);
        string[] sizes = ["small", "medium", "large"], colours = ["red", "green", "blue"], words = ["late", "broken", "thanks", "great", "box"];
        var (shop, size, colour, note) = (new string?[RowCount], new string?[RowCount], new string?[RowCount], new string?[RowCount]);
        var (customer, area, at, time, label) = (new string?[RowCount], new long?[RowCount], new long?[RowCount], new long[RowCount], new bool[RowCount]);
        for (var i = 0; i < RowCount; i++)
        {
            var (s, z, hour, a) = (random.Next(40), random.Next(3), random.Next(24), random.Next(8));
            string[] said = [words[random.Next(5)], words[random.Next(5)]];
            var logit = (s % 5) - 2 + z - 1 + (hour is > 6 and < 19 ? 1 : -1) + (a < 4 ? 1 : -1) + said.Sum(w => w is "late" or "broken" ? -1.5 : 1);
            (shop[i], size[i], colour[i]) = ($"shop {s}", random.Next(12) == 0 ? null : sizes[z], colours[random.Next(3)]);
            (customer[i], area[i], note[i]) = ($"c{random.Next(500)}", random.Next(15) == 0 ? null : 1000 + a, random.Next(10) == 0 ? null : $"{said[0]}, {said[1]}!");
            (at[i], time[i], label[i]) = (((i * 24L) + hour) * 3_600_000_000, i, random.NextDouble() < 1 / (1 + Math.Exp(-1.5 * logit)));
        }

        return new Rows().Text("shop", shop).Text("size", size).Text("colour", colour).Text("customer", customer).Int64("area", area).Int64("at", at).Text("note", note)
            .Label("label", label).Time("time", time).Set("label", "time");
    }
}
