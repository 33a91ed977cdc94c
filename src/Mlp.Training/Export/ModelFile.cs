using System.Buffers;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Runtime.Storage;

namespace Mlp.Training.Export;

/// <summary>Saves a model: readers see all of it or nothing, and what was reported as saved survives a power loss.</summary>
/// <param name="disk">Where durability comes from.</param>
/// <param name="create">Opens a new file for writing.</param>
internal sealed class ModelFile(IDiskSync disk, Func<string, Stream> create)
{
    private const int HashLength = 16;
    private const string WeightsSuffix = ".weights";
    private const int DiskFull = 28;
    private const int ReadOnlyDisk = 30;
    private const int DiskFullOnWindows = unchecked((int)0x80070070);
    private const int ReadOnlyDiskOnWindows = unchecked((int)0x80070013);

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");

    /// <summary>Files of the operating system.</summary>
    public static ModelFile Default { get; } = new(DiskSync.Instance, path => new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None));

    /// <summary>Saves a model.</summary>
    /// <param name="onnx">Bytes of the ONNX file, with all its weights.</param>
    /// <param name="path">Path of the file; its folder exists.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Looked at before anything gets its name.</param>
    /// <exception cref="ModelWriteException">The folder is missing or may not be written, the path is taken, or the disk is full or failed.</exception>
    public void Save(ReadOnlyMemory<byte> onnx, string path, ModelFileOptions options, CancellationToken cancellationToken)
    {
        var full = Path.GetFullPath(path);
        var folder = Path.GetDirectoryName(full) ?? throw new ArgumentException($"Expected the path of a file, but found '{path}'.", nameof(path));
        ThrowIfTaken(full, options.Overwrite);
        var (graph, weights) = options.ExternalDataThreshold is { } threshold ? Split(onnx, threshold) : (onnx, null);
        string? added = null;
        try
        {
            if (weights is { } data && Write(Path.Combine(folder, data.Name), data.Content, mayExist: true, cancellationToken))
            {
                added = Path.Combine(folder, data.Name);
            }

            if (!Write(full, graph, options.Overwrite, cancellationToken) && !options.Overwrite)
            {
                ThrowIfTaken(full, mayExist: false);
            }
        }
        catch (Exception e)
        {
            if (added is not null)
            {
                DeleteQuietly(added);
            }

            if (e is IOException or UnauthorizedAccessException)
            {
                throw new ModelWriteException(full, $"Expected to save the model at '{full}', but {Describe(e, folder)}.", e);
            }

            throw;
        }
    }

    /// <summary>Name of the file that holds weights.</summary>
    /// <param name="content">Its content.</param>
    public static string WeightsNameOf(ReadOnlySpan<byte> content) => ContentHash.Of(content)[..HashLength] + WeightsSuffix;

    /// <summary>Whether a file has the form of such a name.</summary>
    /// <param name="name">Its name.</param>
    public static bool IsNamedByContent(string name)
        => name.Length == HashLength + WeightsSuffix.Length && name.EndsWith(WeightsSuffix, StringComparison.Ordinal) && name.AsSpan(0, HashLength).IndexOfAnyExcept(Digits) < 0;

    private static void ThrowIfTaken(string full, bool mayExist)
    {
        if (Directory.Exists(full))
        {
            throw new ModelWriteException(full, $"Expected the path of a file to save the model at, but '{full}' is a folder.");
        }

        if (!mayExist && File.Exists(full))
        {
            throw new ModelWriteException(full, $"Expected a free path to save the model at, but '{full}' exists (it is replaced where Overwrite says so).");
        }
    }

    // The name is that of the content, so a file that has it already is the same one or a damaged one, which is replaced.
    private static (ReadOnlyMemory<byte> Graph, (string Name, ReadOnlyMemory<byte> Content)? Weights) Split(ReadOnlyMemory<byte> onnx, int threshold)
    {
        var (_, ranges) = OnnxWeightExtractor.Extract(onnx.Span, "weights", threshold);
        if (ranges.Count == 0)
        {
            return (onnx, null);
        }

        var content = new byte[checked((int)(ranges[^1].Target + ranges[^1].Length))];
        foreach (var range in ranges)
        {
            onnx.Span.Slice(range.Source, range.Length).CopyTo(content.AsSpan((int)range.Target));
        }

        var name = WeightsNameOf(content);
        return (OnnxWeightExtractor.Extract(onnx.Span, name, threshold).Onnx, (name, content));
    }

    private bool Write(string path, ReadOnlyMemory<byte> content, bool mayExist, CancellationToken cancellationToken)
    {
        var isNew = !File.Exists(path);
        var temporary = DurableFile.TemporaryPath(Path.GetDirectoryName(path)!);
        try
        {
            using (var stream = create(temporary))
            {
                stream.Write(content.Span);
            }

            cancellationToken.ThrowIfCancellationRequested();
            if (mayExist)
            {
                DurableFile.ReplaceBy(disk, temporary, path);
                return isNew;
            }

            return DurableFile.PublishFile(disk, temporary, path);
        }
        finally
        {
            DeleteQuietly(temporary);
        }
    }

    private static string Describe(Exception error, string folder) => error switch
    {
        DirectoryNotFoundException => $"the folder '{folder}' does not exist",
        UnauthorizedAccessException or { HResult: ReadOnlyDisk or ReadOnlyDiskOnWindows } => $"the folder '{folder}' may not be written",
        { HResult: DiskFull or DiskFullOnWindows } => "the disk is full",
        _ => $"the disk failed: {error.Message.TrimEnd('.')}",
    };

    private static void DeleteQuietly(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Its name says that it is unfinished, or its content is whole and nobody refers to it.
        }
    }
}
