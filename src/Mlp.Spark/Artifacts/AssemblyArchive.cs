using System.Formats.Tar;
using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Mlp.Spark.Artifacts;

/// <summary>An assembly and the assemblies beside it that it needs, without those that the worker brings. The same files give the same bytes.</summary>
internal static class AssemblyArchive
{
    private static readonly string[] Shared = ["Apache.Arrow", "Mlp", "Microsoft.ML.OnnxRuntime"];

    /// <summary>Writes the archive.</summary>
    /// <param name="assemblyPath">The assembly.</param>
    /// <param name="archivePath">The archive, <c>.tar.gz</c>.</param>
    /// <exception cref="ArgumentException">The file is no assembly.</exception>
    public static void Write(string assemblyPath, string archivePath)
    {
        using var file = new FileStream(archivePath, FileMode.CreateNew, FileAccess.Write);
        using var zip = new GZipStream(file, CompressionLevel.Fastest);
        using var tar = new TarWriter(zip, TarEntryFormat.Pax);
        foreach (var path in FindFiles(assemblyPath))
        {
            using var content = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, Path.GetFileName(path)) { DataStream = content, ModificationTime = DateTimeOffset.UnixEpoch });
        }
    }

    /// <summary>The assembly and what it needs, in ordinal order of names.</summary>
    /// <param name="assemblyPath">The assembly.</param>
    internal static IReadOnlyCollection<string> FindFiles(string assemblyPath)
    {
        var folder = Path.GetDirectoryName(assemblyPath)!;
        var files = new SortedSet<string>(StringComparer.Ordinal) { assemblyPath };
        var waiting = new Queue<string>(files);
        while (waiting.TryDequeue(out var path))
        {
            foreach (var name in References(path))
            {
                // One that does not lie there is the framework's, or may never be needed: the worker names it when code asks for it.
                var file = Path.Combine(folder, name + ".dll");
                if (!IsShared(name) && File.Exists(file) && files.Add(file))
                {
                    waiting.Enqueue(file);
                }
            }
        }

        return files;
    }

    private static bool IsShared(string name) => Shared.Any(s => name == s || name.StartsWith(s + ".", StringComparison.Ordinal));

    private static List<string> References(string path)
    {
        using var image = new PEReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read));
        try
        {
            var metadata = image.GetMetadataReader();
            return [.. metadata.AssemblyReferences.Select(r => metadata.GetString(metadata.GetAssemblyReference(r).Name))];
        }
        catch (Exception e) when (e is BadImageFormatException or InvalidOperationException)
        {
            throw new ArgumentException($"Expected a .NET assembly at '{path}', but found another kind of file.", e);
        }
    }
}
