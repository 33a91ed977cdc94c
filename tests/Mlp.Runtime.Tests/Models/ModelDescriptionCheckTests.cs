using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;

namespace Mlp.Runtime.Tests.Models;

public sealed class ModelDescriptionCheckTests
{
    private static readonly ModelSignature Signature = new(
        [new("x", TensorElementKind.Float32, [-1, 2])],
        [
            new("label", TensorElementKind.String, [-1]),
            new("probabilities", TensorElementKind.Float32, [-1, 3]),
            new("open", TensorElementKind.Float32, [-1, -1]),
            new("maps", TensorElementKind.Other, []),
        ]);

    private static readonly ModelOutput Multiclass = new()
    {
        Task = ModelTask.MulticlassClassification,
        ScoreOutput = "probabilities",
        ClassNames = ["a", "b", "c"],
    };

    private static readonly ModelOutput Regression = new() { Task = ModelTask.Regression, ScoreOutput = "probabilities", ScoreIndex = 2 };

    public static TheoryData<string, ModelPackage> Fitting => new()
    {
        { "multiclass", Package(Multiclass) },
        { "multiclass in an output whose columns are open", Package(Multiclass with { ScoreOutput = "open", ClassNames = ["a", "b", "c", "d"], ScoreIndex = 7 }) },
        { "multiclass in maps", Package(Multiclass with { ScoreOutput = "maps", ClassNames = ["a", "b"] }) },
        { "binary with names", Package(Multiclass with { Task = ModelTask.BinaryClassification, ClassNames = ["no", "yes"], ScoreIndex = 1, DecisionThreshold = 1 }) },
        { "binary without names", Package(Multiclass with { Task = ModelTask.BinaryClassification, ClassNames = [], DecisionThreshold = 0 }) },
        { "regression", Package(Regression) },
        { "ranking", Package(Regression with { Task = ModelTask.Ranking }) },
        { "features", Package(Regression) with { Features = Features("a", "b"), FeatureService = new("s", 1, "f") } },
        { "training set", Package(Regression) with { TrainingSetManifest = TrainingSet('c'), TrainingSetHash = new string('c', 64) } },
        { "profile", Package(Regression) with { ReferenceProfile = Profile("a", "z") } },
        { "profile of a part of the features", Package(Regression) with { Features = Features("a", "b"), ReferenceProfile = Profile("b") } },
    };

    public static TheoryData<ModelPackage, string> Unfitting => new()
    {
        { Package(Regression with { ScoreOutput = "score" }), "Expected output 'score' for the score, but found outputs 'label', 'probabilities', 'open', 'maps' (model 'm')." },
        { Package(Regression with { ScoreOutput = "label", ScoreIndex = 0 }), "Expected output 'label' to hold numbers for the score, but found String (model 'm')." },
        { Package(Regression with { ScoreIndex = 3 }), "Expected the score in a column of output 'probabilities' of type Float32 [N, 3], but found column 3, counted from 0 (model 'm')." },
        { Package(Regression with { ScoreIndex = -1 }), "Expected the score in a column of output 'probabilities' of type Float32 [N, 3], but found column -1, counted from 0 (model 'm')." },
        { Package(Regression with { ClassNames = ["a"] }), "Expected no class names for task Regression, but found 1 (model 'm')." },
        { Package(Multiclass with { Task = ModelTask.BinaryClassification }), "Expected 2 class names or none for task BinaryClassification, but found 3 (model 'm')." },
        { Package(Multiclass with { ClassNames = ["a", "b"] }), "Expected 3 class names, one per column of output 'probabilities' of type Float32 [N, 3], for task MulticlassClassification, but found 2 (model 'm')." },
        { Package(Multiclass with { ScoreOutput = "open", ClassNames = [] }), "Expected at least 2 class names for task MulticlassClassification, but found 0 (model 'm')." },
        { Package(Multiclass with { ClassNames = ["a", "b", "a"] }), "Expected class names to be unique and not blank, but found 'a', 'b', 'a' (model 'm')." },
        { Package(Regression with { Task = (ModelTask)9 }), "Expected a known task, but found 9 (model 'm')." },
        { Package(Regression with { DecisionThreshold = 1.5 }), "Expected a decision threshold from 0 to 1, but found 1.5 (model 'm')." },
        { Package(Regression with { DecisionThreshold = double.NaN }), "Expected a decision threshold from 0 to 1, but found NaN (model 'm')." },
        { Package(Regression) with { FeatureService = new("tips", 2, "f") }, "Expected the features that the model takes from service 'tips' version 2, but found none (model 'm')." },
        { Package(Regression) with { Features = Features("a", "a") }, "Expected feature names to be unique, but 'a' occurs 2 times (model 'm')." },
        {
            Package(Regression) with { Features = Features("a", "b"), ReferenceProfile = Profile("b", "B") },
            "Expected a reference profile of the model's features, but found feature 'B', which the model does not take (model 'm')."
        },
        {
            Package(Regression) with { TrainingSetManifest = TrainingSet('c'), TrainingSetHash = new string('d', 64) },
            $"Expected the manifest of the training set with content hash '{new string('d', 64)}', but found that of '{new string('c', 64)}' (model 'm')."
        },
        {
            Package(ModelOutput.Tensors) with { TrainingSetManifest = "{}"u8.ToArray() },
            "Expected the manifest of a training set, but it cannot be read: Expected a JSON object with \"format\": \"mlp-training-set\" in 'training-set.json', but found none. (model 'm')."
        },
        { Package(null!), "Expected what the outputs mean, ModelPackage.Output, with a score output and class names or none, but found null (model 'm')." },
        { Package(Regression with { ScoreOutput = null! }), "Expected what the outputs mean, ModelPackage.Output, with a score output and class names or none, but found null (model 'm')." },
        { Package(Regression) with { Features = Features("a", "b", "c") }, "Expected input 'x' of type Float32 [N, 3], but found Float32 [N, 2] (model 'm')." },
    };

    [Theory]
    [MemberData(nameof(Fitting))]
    public void Run_DescriptionThatFits_Returns(string name, ModelPackage package)
    {
        Assert.NotEmpty(name);
        new ModelDescriptionCheck("m", package, Signature).Run();
    }

    [Theory]
    [MemberData(nameof(Unfitting))]
    public void Run_DescriptionThatDoesNotFit_SaysWhy(ModelPackage package, string message)
    {
        var error = Assert.Throws<InvalidModelException>(new ModelDescriptionCheck("m", package, Signature).Run);

        Assert.Equal(message, error.Message);
    }

    [Theory]
    [InlineData("{\"a\":")]
    [InlineData("{\"a\":[1,2]}")]
    [InlineData("{\"format\":\"mlp-reference-profile\",\"formatVersion\":9}")]
    public void Run_ProfileThatIsNone_IsRefused(string profile)
    {
        var package = Package(Regression) with { ReferenceProfile = System.Text.Encoding.UTF8.GetBytes(profile) };

        var error = Assert.Throws<InvalidModelException>(new ModelDescriptionCheck("m", package, Signature).Run);

        Assert.StartsWith("Expected a reference profile that drift can be measured against, but it cannot be read: ", error.Message, StringComparison.Ordinal);
    }

    private static ModelPackage Package(ModelOutput output) => new() { Onnx = new byte[] { 1 }, Output = output };

    private static byte[] TrainingSet(char hash) => new TrainingSetManifest { Features = [], RowCount = 1, ContentHash = new string(hash, 64) }.ToJson();

    private static byte[] Profile(params string[] names)
        => names.Aggregate(new ReferenceProfileBuilder(), (builder, name) => builder.AddNumeric(name, new float[] { 1, 2, 3 })).Build().ToJson();

    private static FeatureColumn[] Features(params string[] names) => [.. names.Select(n => new FeatureColumn(n, FeatureType.Float32, "v"))];
}
