using System.Buffers.Binary;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using Mlp.Spark.Commands;
using Mlp.Spark.Tests.Peer;
using Mlp.TestSupport;
using static Mlp.Spark.Tests.Functions.Models.TestPackage;

namespace Mlp.Spark.Tests.Functions;

/// <summary>Assemblies that were compiled against other versions of what the worker brings: the same bytes but for the version of one reference.</summary>
public sealed class AssemblyVersionTests : IDisposable
{
    private readonly LocalWorker _worker = new();
    private readonly TempDirectory _folder = new();

    [Theory]
    [InlineData("functions/Mlp.Spark.TestFunctions.dll", "Apache.Arrow", "Mlp.Spark.TestFunctions.Recorded", "Echo")]
    [InlineData("Mlp.Features.dll", "Mlp.Runtime", "Mlp.Features.FeatureStore", "Open")]
    [InlineData("Mlp.Runtime.dll", "Microsoft.ML.OnnxRuntime", "Mlp.Runtime.Hosting.MlPlatform", "CreateBuilder")]
    public void Run_ReferenceToAnotherMajorVersion_IsRefusedNamingBoth(string file, string reference, string type, string method)
    {
        var (compiled, found) = Compile(file, reference, major: 1);

        var error = Run(compiled, type, method);

        Assert.Equal(
            $"Expected '{compiled}' to refer to {reference} {found.Major}.x, which the worker has ({Present(reference)}), but found a reference to {found.Major + 1}.{found.Minor}.{found.Build}.{found.Revision}. Build it against the worker's.",
            error);
    }

    [Fact]
    public void Run_ReferenceToAnotherMinorVersion_Runs()
    {
        var (compiled, _) = Compile("functions/Mlp.Spark.TestFunctions.dll", "Apache.Arrow", major: 0);

        Assert.Null(Run(compiled, "Mlp.Spark.TestFunctions.Recorded", "Echo"));
    }

    public void Dispose()
    {
        _worker.Dispose();
        _folder.Dispose();
    }

    private static Version Present(string name) => System.Runtime.Loader.AssemblyLoadContext.Default.LoadFromAssemblyName(new System.Reflection.AssemblyName(name)).GetName().Version!;

    private string? Run(string path, string type, string method)
        => _worker.Run(TaskBytes.Map(new MethodCommand { Method = new MethodReference(RecordedCommands.Reference(path), type, method) }, Table(("a", Doubles(1))))).Error;

    /// <summary>What a compiler writes against another version: the next major, or the next minor one.</summary>
    private (string Path, Version Before) Compile(string file, string reference, int major)
    {
        var bytes = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, file));
        using var image = new PEReader([.. bytes]);
        var metadata = image.GetMetadataReader();
        var handle = metadata.AssemblyReferences.Single(r => metadata.GetString(metadata.GetAssemblyReference(r).Name) == reference);
        var version = metadata.GetAssemblyReference(handle).Version;

        // A row of the table begins with the version, four numbers of 16 bits (ECMA-335, II.22.5).
        var row = image.PEHeaders.MetadataStartOffset + metadata.GetTableMetadataOffset(TableIndex.AssemblyRef)
            + ((MetadataTokens.GetRowNumber(handle) - 1) * metadata.GetTableRowSize(TableIndex.AssemblyRef));
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(row), (ushort)(version.Major + major));
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(row + 2), (ushort)(version.Minor + 1 - major));
        var path = _folder.Combine(Path.GetFileName(file));
        File.WriteAllBytes(path, bytes);
        return (path, version);
    }
}
