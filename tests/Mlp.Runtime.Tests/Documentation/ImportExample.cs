using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Registry;

namespace Mlp.Runtime.Tests.Documentation;

/// <summary>The example of docs/import.md: the region is its code block.</summary>
internal static class ImportExample
{
    public static async Task<Prediction> RunAsync(string folder, float[] row)
    {
        // <example>
        // The columns of the table that the model was trained on, in that order; without Features they would be called input[0] to input[29].
        string[] columns = File.ReadAllLines(Path.Combine(folder, "columns.txt"));
        ModelPackage package = ModelPackage.FromFile(Path.Combine(folder, "model.onnx"), new ModelOutput
        {
            Task = ModelTask.BinaryClassification,
            ScoreOutput = "probabilities",                  // never the output of class labels: a label is no score
            ScoreIndex = 1,                                 // the column of the positive class
            ClassNames = ["malignant", "benign"],           // in the order of the columns
        }) with
        {
            Features = [.. columns.Select(name => new FeatureColumn(name, FeatureType.Float32, View: "measurements"))],
        };

        await using var ml = MlPlatform.CreateBuilder()
            .UseDataDirectory(Path.Combine(folder, "ml-data"))
            .AddModel("cancer")                             // serves the alias "champion"
            .Build();
        await ml.StartAsync();
        ModelManifest published = await ml.Registry.PublishAsync("cancer", package);
        ModelAlias? champion = ml.Registry.FindAlias("cancer", "champion");
        await ml.Registry.SetAliasAsync("cancer", "champion", published.Version, champion?.Revision ?? 0);

        IModel model = ml.GetModel("cancer");
        await model.WaitUntilReadyAsync(TimeSpan.FromSeconds(30));
        Prediction prediction = model.Predict(row);         // floats in the order of the columns; NaN where there is none
        // </example>
        return prediction;
    }
}
