import Commands

@main
enum Main {
    static func main() async {
        CommandLineTool.workIfAsked()
        await CommandLineTool.run()
    }
}
