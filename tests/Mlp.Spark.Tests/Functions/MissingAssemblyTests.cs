using Apache.Arrow;
using Mlp.Spark.Commands;
using Mlp.Spark.Tests.Peer;
using Mlp.TestSupport;
using static Mlp.Spark.Tests.Functions.Models.TestPackage;

namespace Mlp.Spark.Tests.Functions;

/// <summary>Assemblies that the code of a user needs and that do not lie beside it.</summary>
public sealed class MissingAssemblyTests : IDisposable
{
    private const string Needed = "Spectre.Console";

    private readonly LocalWorker _worker = new();
    private readonly TempDirectory _folder = new();

    [Theory]
    [InlineData("Dependent.Escape")]
    [InlineData("Dependent.EscapeAtStart")]
    [InlineData("Dependent.EscapeMarkup")]
    public void Run_AssemblyThatIsNowhere_IsNamedWithTheFolder(string method)
    {
        var error = Run(method, Copy());

        Assert.StartsWith($"Expected the assembly '{Needed}' ", error, StringComparison.Ordinal);
        Assert.EndsWith(
            $"needs, in '{_folder.FullName}' beside 'Mlp.Spark.TestFunctions.dll', but found none. What lies beside an assembly and is referred to is shipped with it.", error, StringComparison.Ordinal);
        Assert.Contains($"Mlp.Spark.TestFunctions.{method}'", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_AssemblyThatTheDependenciesDoNotList_IsNamedWithTheirFile()
    {
        File.WriteAllText(
            _folder.Combine("Mlp.Spark.TestFunctions.deps.json"),
            """{"runtimeTarget":{"name":".NETCoreApp,Version=v10.0"},"targets":{".NETCoreApp,Version=v10.0":{"Mlp.Spark.TestFunctions/0.1.0":{"runtime":{"Mlp.Spark.TestFunctions.dll":{}}}}},"libraries":{"Mlp.Spark.TestFunctions/0.1.0":{"type":"project","serviceable":false,"sha512":""}}}""");
        var assembly = Copy();
        File.Copy(Path.Combine(Path.GetDirectoryName(RecordedCommands.Assembly.Path)!, Needed + ".dll"), _folder.Combine(Needed + ".dll"));

        Assert.Contains("but found one that 'Mlp.Spark.TestFunctions.deps.json' does not list.", Run("Dependent.Escape", assembly), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_AssemblyThatCameLater_IsNamedAsSuch()
    {
        var assembly = Copy();
        Assert.Null(Run("Recorded.EchoColumn", assembly));
        File.Copy(Path.Combine(Path.GetDirectoryName(RecordedCommands.Assembly.Path)!, Needed + ".dll"), _folder.Combine(Needed + ".dll"));

        Assert.Contains("but found one that was not there when 'Mlp.Spark.TestFunctions.dll' was loaded.", Run("Dependent.Escape", assembly), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_MethodThatMissesAFile_IsSaidToThrow()
        => Assert.Equal("The method 'Mlp.Spark.TestFunctions.Faulty.MissFile' threw FileNotFoundException: No zones.", Run("Faulty.MissFile", Copy()));

    [Fact]
    public void Run_MethodThatDoesWithoutIt_Runs() => Assert.Null(Run("Recorded.EchoColumn", Copy()));

    [Fact]
    public void Run_ViewThatNeedsIt_IsRefusedWithTheFolder()
    {
        var transform = new TransformReference
        {
            Method = new MethodReference(Copy(), "Mlp.Spark.TestFunctions.TripFeatures", "FromElsewhere"),
            View = "trips",
            Version = 3,
            Fingerprint = new string('0', 64),
        };
        var table = Table(("distance", Doubles(3)), ("passengers", new Int32Array.Builder().Append(2).Build()));
        var command = new OnDemandCommand { Transform = transform };
        var fingerprint = _worker.Run(TaskBytes.Map(command, table)).Error!.TrimEnd('.')[^64..];

        var error = _worker.Run(TaskBytes.Map(command with { Transform = transform with { Fingerprint = fingerprint } }, table)).Error;

        Assert.StartsWith($"Expected the assembly '{Needed}' ", error, StringComparison.Ordinal);
        Assert.Contains($"which the method 'Mlp.Spark.TestFunctions.TripFeatures.FromElsewhere' needs, in '{_folder.FullName}'", error, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _worker.Dispose();
        _folder.Dispose();
    }

    /// <summary>The test assembly alone.</summary>
    private FileReference Copy()
    {
        var path = _folder.Combine(Path.GetFileName(RecordedCommands.Assembly.Path));
        File.Copy(RecordedCommands.Assembly.Path, path);
        return RecordedCommands.Reference(path);
    }

    private string? Run(string method, FileReference assembly)
    {
        var command = RecordedCommands.Call(method);
        return _worker.Run(TaskBytes.Scalar(command with { Method = command.Method with { Assembly = assembly } }, [null], Table(("_0", new StringArray.Builder().Append("[a]").Build())))).Error;
    }
}
