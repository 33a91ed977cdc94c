using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.Training.Networks;
using Mlp.Training.Trees;

namespace Mlp.Training.Tests.Preprocessing;

/// <summary>Labels of rows that validate are of the kind of the labels that train: a class of one is never taken for another's.</summary>
public sealed class ValidationLabelsTests
{
    private const string NoTexts = "Expected label 'y' of the validation rows to be 0 or 1 (truth values or numbers), as in the training rows, but found texts: make both the same.";
    private const string NoNumbers = "Expected label 'y' of the validation rows to be texts, as in the training rows, but found truth values or numbers: make both the same.";

    public static TheoryData<string> Trainers => ["trees", "network", "stream"];

    [Theory]
    [MemberData(nameof(Trainers))]
    public Task FitAsync_TrainingOnTruthValuesValidationOfThreeTexts_IsRefused(string trainer)
        => RefusesAsync(trainer, Numbers(40).Label("y", [.. Enumerable.Range(0, 40).Select(i => i % 2 == 0)]), Numbers(12).Label("y", [.. Enumerable.Range(0, 12).Select(i => new[] { "yes", "no", "?" }[i % 3])]), NoTexts);

    [Theory]
    [MemberData(nameof(Trainers))]
    public Task FitAsync_TrainingOnNumbersValidationOfTwoTexts_IsRefused(string trainer)
        => RefusesAsync(trainer, Numbers(40).Label("y", ZerosAndOnes(40)), Numbers(12).Label("y", Texts(12)), NoTexts);

    [Theory]
    [MemberData(nameof(Trainers))]
    public Task FitAsync_TrainingOnTextsValidationOfNumbers_IsRefused(string trainer)
        => RefusesAsync(trainer, Numbers(40).Label("y", Texts(40)), Numbers(12).Label("y", ZerosAndOnes(12)), NoNumbers);

    [Theory]
    [MemberData(nameof(Trainers))]
    public async Task FitAsync_ValidationNumberIsNoClass_NamesTheRow(string trainer)
    {
        var labels = ZerosAndOnes(12);
        labels[5] = 2;

        await RefusesAsync(
            trainer, Numbers(40).Label("y", ZerosAndOnes(40)), Numbers(12).Label("y", labels), "Expected label 'y' to be 0 or 1 in every row, but row 5 holds another number: make them 0 and 1, or two texts.");
    }

    [Theory]
    [MemberData(nameof(Trainers))]
    public async Task FitAsync_TruthValuesTrainAndNumbersValidate_AreTheSameClasses(string trainer)
    {
        using var model = await Trainer(trainer).FitAsync(
            Numbers(40).Label("y", [.. Enumerable.Range(0, 40).Select(i => i % 2 == 0)]).Set("y"), Numbers(12).Label("y", ZerosAndOnes(12)).Set("y"));

        Assert.Empty(model.ClassNames);
    }

    private static async Task RefusesAsync(string trainer, Rows training, Rows validation, string sentence)
    {
        var error = await Assert.ThrowsAsync<TrainingDataException>(() => Trainer(trainer).FitAsync(training.Set("y"), validation.Set("y")));

        Assert.Equal((sentence, "y"), (error.Message, error.Column));
    }

    private static ITrainer Trainer(string kind) => kind == "trees"
        ? new TreeTrainer(new TreeOptions { MaximumIterations = 2, Threads = 1 })
        : new NetworkTrainer(new NetworkOptions { MaxEpochs = 1, Threads = 1, Stream = { IsEnabled = kind == "stream" } });

    private static Rows Numbers(int count) => new Rows().Float32("x", [.. Enumerable.Range(0, count).Select(i => (float?)i)]);

    private static float[] ZerosAndOnes(int count) => [.. Enumerable.Range(0, count).Select(i => (float)(i % 2))];

    private static string[] Texts(int count) => [.. Enumerable.Range(0, count).Select(i => i % 2 == 0 ? "no" : "yes")];
}
