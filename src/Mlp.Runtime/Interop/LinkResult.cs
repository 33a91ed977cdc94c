namespace Mlp.Runtime.Interop;

/// <summary>What came of an attempt to give a file a second name.</summary>
internal enum LinkResult
{
    /// <summary>The file has the name now.</summary>
    Linked,

    /// <summary>The name was taken.</summary>
    NameTaken,

    /// <summary>The file system has no hard links.</summary>
    Unsupported,
}
