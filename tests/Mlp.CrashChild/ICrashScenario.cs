namespace Mlp.CrashChild;

/// <summary>Something that a test lets a child process do and kills it while it does. One file per scenario; it is found by its type.</summary>
internal interface ICrashScenario
{
    /// <summary>The first argument of the process that runs this scenario.</summary>
    string Name { get; }

    /// <summary>Runs until the work is done or the process is killed.</summary>
    /// <param name="arguments">The arguments behind the name.</param>
    /// <param name="acknowledge">Prints a line for the test at once. What is acknowledged must survive a kill.</param>
    Task RunAsync(IReadOnlyList<string> arguments, Action<string> acknowledge);
}
