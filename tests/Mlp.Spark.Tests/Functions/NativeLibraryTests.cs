using System.Diagnostics;
using System.Text.Json.Nodes;
using Apache.Arrow;
using Mlp.Spark.Commands;
using Mlp.Spark.Tests.Peer;
using Mlp.TestSupport;
using static Mlp.Spark.Tests.Functions.Models.TestPackage;

namespace Mlp.Spark.Tests.Functions;

/// <summary>Native libraries that an assembly of a user brings.</summary>
public sealed class NativeLibraryTests : IDisposable
{
    private const string Library = "runtimes/linux-x64/native/libmlp_test_native.so";

    private readonly LocalWorker _worker = new();
    private readonly TempDirectory _folder = new();

    [GccFact]
    public void Run_MethodThatCallsANativeLibrary_FindsItByTheDependenciesOfItsAssembly()
    {
        Build(_folder.Combine(Library));
        var assembly = Copy(dependencies => List(dependencies, Library));

        var reply = Run(assembly);

        Assert.Null(reply.Error);
        Assert.Equal(["22", "-8"], reply.Rows);
    }

    [Fact]
    public void Run_MethodWhoseNativeLibraryIsMissing_NamesTheLibrary()
    {
        var error = Run(Copy(_ => { })).Error;

        Assert.StartsWith("The method 'Mlp.Spark.TestFunctions.Surroundings.Native' threw DllNotFoundException: ", error, StringComparison.Ordinal);
        Assert.Contains("mlp_test_native", error, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _worker.Dispose();
        _folder.Dispose();
    }

    private static void Build(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var compiler = Process.Start(new ProcessStartInfo(GccFactAttribute.Compiler, ["-shared", "-fPIC", "-x", "c", "-o", path, "-"]) { RedirectStandardInput = true })!;
        compiler.StandardInput.Write("int mlp_test_compute(int number) { return 3 * number + 1; }");
        compiler.StandardInput.Close();
        compiler.WaitForExit();
        Assert.Equal(0, compiler.ExitCode);
    }

    /// <summary>Adds a package with a native library, as the build does for a package reference.</summary>
    private static void List(JsonNode dependencies, string library)
    {
        dependencies["targets"]![".NETCoreApp,Version=v10.0"]!["Mlp.Test.Native/1.0.0"] = new JsonObject
        {
            ["runtimeTargets"] = new JsonObject { [library] = new JsonObject { ["rid"] = "linux-x64", ["assetType"] = "native", ["fileVersion"] = "0.0.0.0" } },
        };
        dependencies["libraries"]!["Mlp.Test.Native/1.0.0"] = new JsonObject { ["type"] = "package", ["serviceable"] = true, ["sha512"] = string.Empty };
    }

    /// <summary>The test assembly in a folder of its own.</summary>
    private FileReference Copy(Action<JsonNode> change)
    {
        var path = _folder.Combine(Path.GetFileName(RecordedCommands.Assembly.Path));
        File.Copy(RecordedCommands.Assembly.Path, path);
        var dependencies = JsonNode.Parse(File.ReadAllText(Path.ChangeExtension(RecordedCommands.Assembly.Path, ".deps.json")))!;
        change(dependencies);
        File.WriteAllText(Path.ChangeExtension(path, ".deps.json"), dependencies.ToJsonString());
        return RecordedCommands.Reference(path);
    }

    private WorkerReply Run(FileReference assembly)
    {
        var native = RecordedCommands.Call("Surroundings.Native");
        var command = native with { Method = native.Method with { Assembly = assembly } };
        return _worker.Run(TaskBytes.Scalar(command, [null], Table(("_0", new Int32Array.Builder().Append(7).Append(-3).Build()))));
    }
}
