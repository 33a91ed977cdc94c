using System.Reflection;
using System.Xml.Linq;
using Mlp.TestSupport;

namespace Mlp.Architecture.Tests;

/// <summary>Who may reference whom (the table of the contribution guide), read from project files and from the assemblies built from them.</summary>
public sealed class DependencyTests
{
    private static readonly Dictionary<string, string[]> AllowedProjects = new(StringComparer.Ordinal)
    {
        ["Mlp.Runtime"] = [],
        ["Mlp.Features"] = ["Mlp.Runtime"],
        ["Mlp.Training"] = ["Mlp.Runtime"],
        ["Mlp.Monitoring"] = ["Mlp.Runtime"],
        ["Mlp.Spark"] = ["Mlp.Runtime", "Mlp.Features"],
        ["Mlp.Spark.Worker"] = ["Mlp.Spark"],
    };

    private static readonly Dictionary<string, string[]> AllowedPackages = new(StringComparer.Ordinal)
    {
        ["Mlp.Runtime"] =
        [
            "Apache.Arrow", "Apache.Arrow.Compression", "DuckDB.NET.Data", "Google.Protobuf", "MathNet.Numerics", "Microsoft.Extensions.",
            "Microsoft.ML.OnnxRuntime.Managed", "System.IO.Hashing", "System.Numerics.Tensors",
        ],
        ["Mlp.Features"] = ["Microsoft.FASTER.Core", "Microsoft.Extensions.", "System.Interactive.Async"],
        ["Mlp.Training"] = ["TorchSharp", "SharpZipLib", "SkiaSharp", "LightGBM"],
        ["Mlp.Monitoring"] = [],
        ["Mlp.Spark"] = ["Google.Protobuf", "Grpc.Net.Client", "Grpc.Tools"],
        ["Mlp.Spark.Worker"] = [],
    };

    // An executable does not bear its project's name, and sees what its library sees.
    private static readonly Dictionary<string, string> Executables = new(StringComparer.Ordinal) { ["Mlp.Spark.Worker"] = "mlp-spark-worker" };

    public static TheoryData<string> Libraries => [.. AllowedProjects.Keys];

    [Theory]
    [MemberData(nameof(Libraries))]
    public void ProjectFile_References_AreAllowed(string library)
    {
        var project = XDocument.Load(Path.Combine(Repository.Root, "src", library, library + ".csproj"));

        var projects = project.Descendants("ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/')));
        var packages = project.Descendants("PackageReference").Select(r => r.Attribute("Include")!.Value);

        Assert.Empty(projects.Except(AllowedProjects[library]));
        Assert.All(packages, p => Assert.Contains(AllowedPackages[library], a => a.EndsWith('.') ? p.StartsWith(a, StringComparison.Ordinal) : p == a));
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void Assembly_References_StayOnAllowedEdges(string library)
    {
        var references = Assembly.Load(Executables.GetValueOrDefault(library, library)).GetReferencedAssemblies().Select(a => a.Name!).Where(n => n.StartsWith("Mlp.", StringComparison.Ordinal));
        var allowed = AllowedProjects[library].Concat(Executables.ContainsKey(library) ? AllowedProjects[library].SelectMany(p => AllowedProjects[p]) : []);

        Assert.Empty(references.Except(allowed));
    }

    [Fact]
    public void Source_EveryProject_HasARule()
    {
        Assert.Empty(Directory.GetDirectories(Path.Combine(Repository.Root, "src")).Select(Path.GetFileName).Except(AllowedProjects.Keys));
    }
}
