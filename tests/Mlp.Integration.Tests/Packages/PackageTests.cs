using System.IO.Compression;
using System.Xml.Linq;
using Mlp.TestSupport;

namespace Mlp.Integration.Tests.Packages;

/// <summary>The libraries as a user meets them: packages, restored into an application outside the tree.</summary>
public sealed class PackageTests(PackedLibraries packed) : IClassFixture<PackedLibraries>
{
    private const string PredictProgram = """
        using Mlp.Runtime;
        using Mlp.Runtime.Hosting;
        using Mlp.Runtime.Inference;
        using Mlp.Runtime.Models;
        using Mlp.Runtime.Registry;

        try
        {
            await using var ml = MlPlatform.CreateBuilder().UseDataDirectory("ml-data").AddModel("sum").Build();
            await ml.StartAsync();
            var published = await ml.Registry.PublishAsync("sum", new ModelPackage
            {
                Onnx = File.ReadAllBytes("model.onnx"),
                Output = new ModelOutput { Task = ModelTask.Regression, ScoreOutput = "score" },
            });
            await ml.Registry.SetAliasAsync("sum", "champion", published.Version, expectedRevision: 0);
            var model = ml.GetModel("sum");
            for (var i = 0; model.State != ModelState.Ready && i < 600; i++)
            {
                await Task.Delay(50);
            }

            Console.WriteLine(FormattableString.Invariant($"score {model.Predict([1f, 2f, 4f]).Score}"));
            return 0;
        }
        catch (MlPlatformException e)
        {
            Console.WriteLine($"{e.GetType().Name}: {e.Message}");
            return 3;
        }
        """;

    [Theory]
    [InlineData("Mlp.Runtime")]
    [InlineData("Mlp.Features")]
    [InlineData("Mlp.Training")]
    [InlineData("Mlp.Monitoring")]
    public void Pack_EachLibrary_HasDescriptionReadmeDocumentationAndSymbols(string library)
    {
        using var package = ZipFile.OpenRead(packed.PackageFile(library));
        using var specification = package.GetEntry($"{library}.nuspec")!.Open();
        var document = XDocument.Load(specification);
        var siblings = document.Descendants().Where(e => e.Name.LocalName == "dependency" && e.Attribute("id")!.Value.StartsWith("Mlp.", StringComparison.Ordinal));
        Assert.Equal(
            library == "Mlp.Runtime" ? [] : [("Mlp.Runtime", $"[{packed.Version}]")],
            siblings.Select(e => (e.Attribute("id")!.Value, e.Attribute("version")!.Value)));

        var metadata = document.Root!.Elements().Single(e => e.Name.LocalName == "metadata").Elements().ToLookup(e => e.Name.LocalName, e => e.Value);

        Assert.True(metadata["description"].Single().Length > 60);
        Assert.Equal("README.md", metadata["readme"].Single());
        Assert.Equal("MIT", metadata["license"].Single());
        Assert.NotNull(package.GetEntry("README.md"));
        Assert.NotNull(package.GetEntry($"lib/net10.0/{library}.xml"));
        using var symbols = ZipFile.OpenRead(packed.PackageFile(library, "snupkg"));
        Assert.NotNull(symbols.GetEntry($"lib/net10.0/{library}.pdb"));
    }

    [Fact]
    public async Task Application_WithThePackagesOfTheReadme_Predicts()
    {
        var packages = packed.PackagesOfReadme();
        Assert.Superset(new HashSet<string> { "Mlp.Runtime", "Mlp.Features", "Mlp.Training", "Mlp.Monitoring" }, packages.ToHashSet());

        var result = await packed.RunApplicationAsync("complete", PredictProgram, packages, ("model.onnx", OnnxBytes.Linear(inputs: 3, outputs: 1)));

        Assert.True(result.ExitCode == 0, result.Output);
        Assert.Contains("score 7", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Application_WithoutTheNativePackage_IsToldItsName()
    {
        var result = await packed.RunApplicationAsync("no-natives", PredictProgram, ["Mlp.Runtime"], ("model.onnx", OnnxBytes.Linear(inputs: 3, outputs: 1)));

        Assert.True(result.ExitCode == 3, result.Output);
        Assert.Contains("Add the NuGet package 'Microsoft.ML.OnnxRuntime'", result.Output, StringComparison.Ordinal);
    }
}
