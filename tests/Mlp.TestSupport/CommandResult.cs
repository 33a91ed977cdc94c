namespace Mlp.TestSupport;

/// <summary>How a program ended.</summary>
/// <param name="ExitCode">Exit code.</param>
/// <param name="Output">What it printed, errors included.</param>
public sealed record CommandResult(int ExitCode, string Output);
