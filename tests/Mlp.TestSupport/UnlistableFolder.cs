namespace Mlp.TestSupport;

/// <summary>
/// A folder so deep that a directory in it can be seen and not be opened, whoever asks: its path is longer than Linux takes (4,096 bytes). Permissions would not stop a test that runs as root.
/// </summary>
public sealed class UnlistableFolder : IDisposable
{
    private const int PartLength = 250;
    private const int LongestPath = 4_096;

    private readonly TempDirectory _folder = new();
    private readonly string _inner;

    /// <summary>Creates it.</summary>
    /// <param name="between">Folders between the root and the directory that cannot be opened.</param>
    public UnlistableFolder(params string[] between)
    {
        _inner = _folder.Combine("inner");
        Directory.CreateDirectory(Path.Combine([_inner, .. between, new string('a', PartLength)]));
        var outer = _folder.FullName;
        var room = LongestPath - PartLength / 2 - string.Join('/', between).Length - "/inner/".Length;
        while (outer.Length < room - 2)
        {
            outer = Path.Combine(outer, new string('b', Math.Min(PartLength, room - outer.Length - 1)));
        }

        Directory.CreateDirectory(outer);
        FullName = Path.Combine(outer, "inner");
        Directory.Move(_inner, FullName);
    }

    /// <summary>Full path of the root, which can be opened.</summary>
    public string FullName { get; }

    /// <summary>Moves the root to where everything in it can be opened.</summary>
    public string MoveUp()
    {
        Directory.Move(FullName, _inner);
        return _inner;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!Directory.Exists(_inner))
        {
            MoveUp();
        }

        _folder.Dispose();
    }
}
