using System.IO.Compression;
using System.Xml.Linq;
using Mlp.Integration.Tests.Documentation;
using Mlp.TestSupport;

namespace Mlp.Integration.Tests.Packages;

/// <summary>The libraries as a user meets them: packages, restored into an application outside the tree.</summary>
public sealed class PackageTests(PackedLibraries packed) : IClassFixture<PackedLibraries>
{
    /// <summary>What the example of the README takes for granted: its usings and its data.</summary>
    private const string ExampleBefore = """
        using Mlp.Features;
        using Mlp.Features.Definitions;
        using Mlp.Monitoring.Hosting;
        using Mlp.Runtime.Hosting;
        using Mlp.Runtime.Inference;
        using Mlp.Runtime.Predictions;
        using Mlp.Training.Evaluation;
        using Mlp.Training.Networks;

        var dataDirectory = "ml-data";
        var start = new DateTimeOffset(2025, 3, 1, 0, 0, 0, TimeSpan.Zero);
        var now = start.AddHours(401);
        var history = Enumerable.Range(0, 400).Select(i => new CompanyStats(i % 2 == 0 ? "Flash Cab" : "Stingy Cab", start.AddHours(i), i, i % 2 == 0 ? 0.9f : 0.1f)).ToList();
        var pastTrips = Enumerable.Range(2, 398).Select(i => new PastTrip(i % 2 == 0 ? "Flash Cab" : "Stingy Cab", start.AddHours(i), i % 7, i % 11, i % 2 == 0)).ToList();


        """;

    private const string ExampleAfter = """

        Console.WriteLine(FormattableString.Invariant($"score {prediction.Score} labelled {live[0].LabelledCount}"));

        """;

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
            await model.WaitUntilReadyAsync();

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
    public async Task Application_WithThePackagesOfTheReadme_RunsItsExample()
    {
        Assert.Superset(new HashSet<string> { "Mlp.Runtime", "Mlp.Features", "Mlp.Training", "Mlp.Monitoring" }, Readme.Packages.ToHashSet());
        var types = Readme.Example.IndexOf("\n[FeatureView", StringComparison.Ordinal);
        var program = ExampleBefore + Readme.Example[..types] + ExampleAfter + Readme.Example[types..];

        var result = await packed.RunApplicationAsync("complete", program, Readme.Packages);

        Assert.True(result.ExitCode == 0, result.Output);
        Assert.Matches(@"score 0?\.?[0-9.E-]+ labelled 1", result.Output);
    }

    [Fact]
    public async Task Application_WithoutTheNativePackage_IsToldItsName()
    {
        var result = await packed.RunApplicationAsync("no-natives", PredictProgram, ["Mlp.Runtime"], ("model.onnx", OnnxBytes.Linear(inputs: 3, outputs: 1)));

        Assert.True(result.ExitCode == 3, result.Output);
        Assert.Contains("Add the NuGet package 'Microsoft.ML.OnnxRuntime'", result.Output, StringComparison.Ordinal);
    }
}
