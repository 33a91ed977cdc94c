using Mlp.Runtime.Data;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Tests.Registry;

/// <summary>The files of other tools under golden/onnx, with the description that a user would give them.</summary>
internal static class GoldenModels
{
    public static readonly IReadOnlyList<(string Folder, ModelOutput Output, IReadOnlyList<FeatureColumn> Features)> All =
    [
        ("lightgbm_cancer", Binary("probabilities") with { ClassNames = ["malignant", "benign"] }, Floats(30)),
        ("sklearn_adult_logistic_plain", Binary("probabilities"), Adult()),
        ("sklearn_adult_logistic_zipmap", Binary("output_probability"), Adult()),
        ("sklearn_diabetes_ridge_double", Regression("variable"), Columns(FeatureType.Float64, 10)),
        ("sklearn_iris_forest_strings",
            new ModelOutput
            {
                Task = ModelTask.MulticlassClassification,
                ScoreOutput = "output_probability",
                ClassNames = ["setosa", "versicolor", "virginica"],
            },
            Floats(4)),
        ("xgboost_diabetes", Regression("variable"), Floats(10)),
    ];

    private static ModelOutput Binary(string output) => new() { Task = ModelTask.BinaryClassification, ScoreOutput = output, ScoreIndex = 1 };

    private static ModelOutput Regression(string output) => new() { Task = ModelTask.Regression, ScoreOutput = output };

    private static FeatureColumn[] Floats(int count) => Columns(FeatureType.Float32, count);

    private static FeatureColumn[] Columns(FeatureType type, int count)
        => [.. Enumerable.Range(0, count).Select(i => new FeatureColumn(FormattableString.Invariant($"c{i}"), type, "view"))];

    private static FeatureColumn[] Adult() =>
    [
        .. new[] { "age", "education_num", "capital_gain", "capital_loss", "hr_per_week" }.Select(n => new FeatureColumn(n, FeatureType.Float32, "person")),
        .. new[] { "type_employer", "marital", "occupation", "relationship", "sex" }.Select(n => new FeatureColumn(n, FeatureType.String, "person")),
    ];
}
