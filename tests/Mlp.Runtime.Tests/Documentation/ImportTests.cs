using Mlp.Runtime.Tests.Inference;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Documentation;

/// <summary>What docs/import.md shows compiles, runs, and is what it shows.</summary>
public sealed class ImportTests
{
    private const string Cancer = "lightgbm_cancer";

    [Fact]
    public void Example_Text_IsTheCodeBlockOfThePage()
    {
        var root = FindRoot();
        var page = File.ReadAllText(Path.Combine(root, "docs", "import.md")).ReplaceLineEndings("\n");
        var source = File.ReadAllText(Path.Combine(root, "tests", "Mlp.Runtime.Tests", "Documentation", "ImportExample.cs")).ReplaceLineEndings("\n");
        var example = source.Split("// <example>\n")[1].Split("        // </example>")[0].Replace("\n        ", "\n", StringComparison.Ordinal).TrimStart();

        Assert.Equal(page.Split("```csharp\n")[1].Split("```")[0], example);
    }

    [ReferenceDataFact("golden/onnx/" + Cancer)]
    public async Task Example_OnAModelOfLightGbm_AnswersAsOnnxRuntimeDidFromPython()
    {
        using var folder = new TempDirectory();
        var golden = GoldenCase.Open(Cancer);
        File.WriteAllBytes(folder.Combine("model.onnx"), golden.Onnx);
        File.WriteAllLines(folder.Combine("columns.txt"), golden.Columns);

        var prediction = await ImportExample.RunAsync(folder.FullName, golden.Floats(0));

        Assert.Equal(golden.Number(0, "probabilities[1]"), prediction.Score, 1e-6);
        Assert.Equal(golden.Number(0, "label"), prediction.PredictedClass);
    }

    internal static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Mlp.sln")))
        {
            folder = folder.Parent!;
        }

        return folder.FullName;
    }
}
